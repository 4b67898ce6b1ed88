import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const tool = 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs';
const options = [
  ['--config', '.dependency-cruiser.mjs'],
  ['--output-type', 'mermaid'],
  ['--collapse', '^(apps|libs)/[^/]+'],
  // The floors are about production code: what tests and the embedded room import is another matter.
  ['--include-only', '^(apps|libs)/'],
  ['--exclude', '\\.spec\\.ts$|^libs/(testing|embedded)/'],
].flat();

/** docs/dependencies.md: who imports whom, drawn from the imports themselves. */
export async function dependencyDiagram(): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [tool, 'apps', 'libs', ...options]);
  const intro = '<!-- Written by `npm run docs` from the imports: change them. -->';
  return ['# Who imports whom', '', intro, '', '```mermaid', stdout.trim(), '```', ''].join('\n');
}
