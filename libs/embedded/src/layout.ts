import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** The folder of package.json, from the sources as well as from dist/. */
export const repoRoot = findRoot(import.meta.dirname);

/** A built file: `libs/x.js` → `<root>/dist/libs/x.js`. Child processes always run what is built. */
export function builtFile(path: string): string {
  return join(repoRoot, 'dist', path);
}

/** Where the local installation keeps its data, secrets, logs and sockets. */
export interface Layout {
  readonly dataDir: string;
  readonly postgres: string;
  readonly redis: string;
  readonly logs: string;
  readonly secrets: string;
  readonly ports: string;
  readonly demoEnv: string;
  readonly lock: string;
  readonly socket: string;
}

/** The layout under DATA_DIR, or `.data` of the repository. */
export function layoutOf(dataDir = process.env['DATA_DIR'] || join(repoRoot, '.data')): Layout {
  const root = resolve(dataDir);
  const inRoot = (name: string): string => join(root, name);
  return {
    dataDir: root,
    postgres: inRoot('postgres'),
    redis: inRoot('redis'),
    logs: inRoot('logs'),
    secrets: inRoot('secrets.json'),
    ports: inRoot('ports.json'),
    demoEnv: inRoot('demo.env'),
    lock: inRoot('supervisor.lock'),
    socket: socketPath(root),
  };
}

/** The path of a unix socket must fit into 108 bytes (unix(7)); a deep data directory gets its socket in the temp folder. */
function socketPath(root: string): string {
  const path = join(root, 'supervisor.sock');
  if (Buffer.byteLength(path) < 100) return path;
  return join(tmpdir(), `gateway-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.sock`);
}

function findRoot(from: string): string {
  const isRoot = existsSync(join(from, 'package.json')) && existsSync(join(from, 'package-lock.json'));
  return isRoot ? from : findRoot(dirname(from));
}
