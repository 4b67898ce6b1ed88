import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const method = /^ {2}(?:async )?(\w+)(?:<\w+>)?\(\s*scope: WorkspaceScope\b/gm;

/** Every method of a repository that takes a WorkspaceScope, as `ItemRepository.find`, as the sources have them. */
export function scopedMethods(): string[] {
  return globSync('libs/*/src/**/*.repository.ts', { cwd: root }).flatMap((file) => {
    const source = readFileSync(join(root, file), 'utf8');
    const name = /^export class (\w+)/m.exec(source)?.[1] ?? file;
    return [...source.matchAll(method)].map(([, found]) => `${name}.${found}`);
  });
}

/** Files outside specs that make a scope by themselves. */
export function scopeMakers(): string[] {
  return globSync('{apps,libs}/**/*.ts', { cwd: root }).filter(
    (file) =>
      !file.endsWith('.spec.ts') && readFileSync(join(root, file), 'utf8').includes('new WorkspaceScope('),
  );
}
