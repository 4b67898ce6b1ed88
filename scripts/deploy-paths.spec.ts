import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { missingDeployPaths } from './deploy-paths.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'deploy-paths-'));
  for (const folder of ['deploy', 'dist/migrations']) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'dist/migrations/run.js'), '');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('missingDeployPaths', () => {
  it('finds what a deploy file runs and the build does not make', () => {
    writeFileSync(
      join(root, 'deploy/Dockerfile'),
      'RUN rm -rf dist/scripts\nCMD ["node", "dist/apps/main.js"]\n',
    );
    writeFileSync(join(root, 'docker-compose.yml'), "command: ['node', 'dist/migrations/run.js']\n");
    expect(missingDeployPaths(root)).toEqual([`${join(root, 'deploy/Dockerfile')}: dist/apps/main.js`]);
  });
});
