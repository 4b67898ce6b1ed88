import { execFileSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { chown, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findRedisServer } from './native-redis.js';
import { freePort } from './ports.js';
import { type RealServer, startServer } from './server-process.js';

const INITDB_OPTIONS = '-U postgres -A trust -E UTF8 --locale=C.UTF-8 -N'.split(' ');
/** Options of setpriv(1): a test run that is killed leaves no server behind. */
const ENDS_WITH_PARENT = ['--pdeathsig', 'INT'];

/** Are PostgreSQL with pgvector and Redis installed (scripts/install-servers.sh --redis)? */
export function realServersAvailable(): boolean {
  return (
    postgresBinaries() !== undefined &&
    findRedisServer() !== undefined &&
    (!isRoot() || postgresUser() !== undefined)
  );
}

/** Starts an installed PostgreSQL with a fresh cluster in a temporary folder. Not durable: it need not outlive the test. */
export async function startRealPostgres(): Promise<RealServer> {
  const binaries = postgresBinaries();
  if (!binaries)
    throw new Error('no PostgreSQL with pgvector is installed: run scripts/install-servers.sh as root');
  const directory = await mkdtemp(join(tmpdir(), 'postgres-'));
  // PostgreSQL refuses to run as root.
  const user = isRoot() ? postgresUser() : undefined;
  if (user) await chown(directory, user.uid, user.gid);
  const asUser = user ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : [];
  const data = join(directory, 'data');
  const initdb = [...asUser, join(binaries, 'initdb'), '-D', data, ...INITDB_OPTIONS];
  execFileSync('setpriv', initdb, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    fsync: 'off',
    max_connections: 100,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = [...ENDS_WITH_PARENT, ...asUser, join(binaries, 'postgres'), '-D', data, ...flags];
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  // It accepts connections while it recovers from a kill, and refuses their queries.
  const probe = [join(binaries, 'pg_isready'), '-q', '-h', '127.0.0.1', '-p', String(port)] as const;
  return startServer({ command: 'setpriv', args, port, directory, url, probe });
}

/** Starts an installed Redis or Valkey that keeps nothing. */
export async function startRealRedis(): Promise<RealServer> {
  const binary = findRedisServer();
  if (!binary) throw new Error('no Redis is installed: run scripts/install-servers.sh --redis as root');
  const directory = await mkdtemp(join(tmpdir(), 'redis-'));
  const port = await freePort();
  const options = `--bind 127.0.0.1 --port ${port} --appendonly no --dir ${directory}`.split(' ');
  const args = [...ENDS_WITH_PARENT, binary, ...options, '--save', ''];
  return startServer({ command: 'setpriv', args, port, directory, url: `redis://127.0.0.1:${port}` });
}

/** The newest installed PostgreSQL that has pgvector. */
function postgresBinaries(): string | undefined {
  const controls = globSync('/usr/share/postgresql/*/extension/vector.control');
  const versions = controls.map((file) => file.split('/')[4] ?? '').toSorted((a, b) => Number(b) - Number(a));
  return versions
    .map((version) => `/usr/lib/postgresql/${version}/bin`)
    .find((bin) => existsSync(join(bin, 'postgres')));
}

const isRoot = (): boolean => process.getuid?.() === 0;

function postgresUser(): { uid: number; gid: number } | undefined {
  try {
    return { uid: idOfPostgres('-u'), gid: idOfPostgres('-g') };
  } catch {
    return undefined;
  }
}

function idOfPostgres(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: 'pipe' }));
}
