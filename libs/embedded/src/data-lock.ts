import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { type ProcessIdentity, identityOf, isAlive } from './process-identity.js';

/** Somebody else works on the data. */
export class DataInUse extends Error {
  constructor(
    readonly pid: number,
    path: string,
  ) {
    super(`the data is in use by process ${pid} (lock file ${path})`);
  }
}

export interface LockOptions {
  /** Milliseconds to wait for the holder to end; 0 gives up at once. */
  readonly waitMs?: number;
  /** Who holds the lock; defaults to this process. */
  readonly holder?: ProcessIdentity;
  /** Called with each process that is found to hold the lock. */
  readonly onHeld?: (pid: number) => void;
}

export interface DataLock {
  /** The holder before died without releasing it: what it started may still be ending. */
  readonly wasLeftBehind: boolean;
  release(): void;
}

/** A holder writes its name right after creating the file; one that is still nameless after this long has died. */
const NAMELESS_MS = 2_000;

/**
 * Takes a lock file that names its holder. A lock left by a process that is gone is broken; a live holder is waited for.
 * Throws DataInUse when it does not end in time.
 */
export async function acquireDataLock(path: string, options: LockOptions = {}): Promise<DataLock> {
  const { waitMs = 0, holder = identityOf(process.pid), onHeld } = options;
  const deadline = Date.now() + waitMs;
  mkdirSync(dirname(path), { recursive: true });
  let wasLeftBehind = false;
  for (let seen = 0; !create(path, holder);) {
    const other = readHolder(path);
    if (!other) continue;
    if (!other.alive) wasLeftBehind = breakStale(path) || wasLeftBehind;
    else if (Date.now() >= deadline) throw new DataInUse(other.pid, path);
    else if (other.pid !== seen) onHeld?.((seen = other.pid));
    await sleep(other.alive ? 50 : 1);
  }
  return { wasLeftBehind, release: () => release(path, holder) };
}

/** The live process that holds the lock, if there is one. */
export function lockHolder(path: string): number | undefined {
  const holder = readHolder(path);
  return holder?.alive ? holder.pid : undefined;
}

function create(path: string, holder: ProcessIdentity): boolean {
  try {
    writeFileSync(path, JSON.stringify(holder), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function release(path: string, holder: ProcessIdentity): void {
  if (readHolder(path)?.pid === holder.pid) rmSync(path, { force: true });
}

/**
 * Removes the lock of a dead holder. Two breakers at once could remove each other's fresh lock, so that breaking needs a
 * lock of its own, and the holder is looked at again under it. A breaker that died here blocks nobody: its lock is stale too.
 */
function breakStale(path: string): boolean {
  const guard = `${path}.break`;
  if (!create(guard, identityOf(process.pid))) {
    if (readHolder(guard)?.alive === false) rmSync(guard, { force: true });
    return false;
  }
  const isStale = readHolder(path)?.alive === false;
  if (isStale) rmSync(path, { force: true });
  rmSync(guard, { force: true });
  return isStale;
}

/** Undefined when there is no lock. A nameless one counts as alive for a moment, then as dead. */
function readHolder(path: string): { pid: number; alive: boolean } | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8') || 'null');
    if (isIdentity(parsed)) return { pid: parsed.pid, alive: isAlive(parsed) };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { pid: 0, alive: isYoung(path) };
}

function isYoung(path: string): boolean {
  const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return Date.now() - modified < NAMELESS_MS;
}

function isIdentity(value: unknown): value is ProcessIdentity {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'startedAt' in value
  );
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
