import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Built files that a deploy file runs (`dist/….js`) and that the build does not make, as `file: path`. No container engine
 * is at hand where changes are checked, so that nothing else would notice.
 */
export function missingDeployPaths(root: string): string[] {
  return globSync(['deploy/**/*', 'docker-compose.yml'], { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\bdist\/[\w./-]+\.js\b/g)]
        .filter(([path]) => !existsSync(join(root, path)))
        .map(([path]) => `${file}: ${path}`),
    );
}
