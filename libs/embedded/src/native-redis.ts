import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

import type { ServedStore } from './child-life.js';
import { acquireDataLock } from './data-lock.js';
import { freePort, untilListening } from './ports.js';
import { identityOf } from './process-identity.js';

/** The path of an installed Redis or Valkey server, if there is one. */
export function findRedisServer(path = process.env['PATH'] ?? ''): string | undefined {
  const candidates = path
    .split(delimiter)
    .flatMap((folder) => [join(folder, 'redis-server'), join(folder, 'valkey-server')]);
  return candidates.find(isExecutable);
}

/**
 * Starts an installed server on the loopback. `dataPath` undefined keeps nothing; otherwise every write is appended to a
 * file there, and the lock names the server itself: one that outlived its parent is told to end first.
 */
export async function startNativeRedis(
  binary: string,
  port: number,
  dataPath: string | undefined,
): Promise<ServedStore> {
  const chosen = port === 0 ? await freePort() : port;
  const path = dataPath === undefined ? undefined : resolve(dataPath);
  const lockPath = `${path}.lock`;
  if (path !== undefined) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    (await acquireDataLock(lockPath, { waitMs: 15_000, onHeld: endOrphan })).release();
  }
  const persistence = path === undefined ? ['--appendonly', 'no'] : ['--appendonly', 'yes', '--dir', path];
  const options = [
    '--bind',
    '127.0.0.1',
    '--port',
    String(chosen),
    '--save',
    '',
    ...persistence,
    '--daemonize',
    'no',
  ];
  const server = spawn(binary, options, { stdio: ['ignore', 'inherit', 'inherit'] });
  const exited = once(server, 'exit');
  await once(server, 'spawn');
  const lock =
    path !== undefined && server.pid
      ? await acquireDataLock(lockPath, { holder: identityOf(server.pid) })
      : undefined;
  await Promise.race([
    untilListening(chosen),
    exited.then(() => Promise.reject(new Error(`${binary} ended at its start`))),
  ]);
  let closing = false;
  void exited.then(() => closing || process.exit(1));
  return {
    port: chosen,
    async close() {
      closing = true;
      server.kill('SIGTERM');
      await exited;
      lock?.release();
    },
  };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function endOrphan(pid: number): void {
  if (pid > 0) process.kill(pid, 'SIGTERM');
}
