import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DataInUse, acquireDataLock, lockHolder } from './data-lock.js';
import { identityOf, isAlive } from './process-identity.js';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lock-'));
  path = join(directory, 'data.lock');
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** A process that has ended: its number is free, or somebody else's. */
async function deadIdentity() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  const identity = identityOf(child.pid ?? 0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return identity;
}

describe('acquireDataLock', () => {
  it('names the holder, refuses a second one by its number, and is free after release', async () => {
    const lock = await acquireDataLock(path);
    expect(lockHolder(path)).toBe(process.pid);
    await expect(acquireDataLock(path)).rejects.toThrow(DataInUse);
    await expect(acquireDataLock(path)).rejects.toThrow(String(process.pid));
    lock.release();
    expect(existsSync(path)).toBe(false);
    (await acquireDataLock(path)).release();
  });

  it('waits for a holder that ends in time', async () => {
    const first = await acquireDataLock(path);
    const held: number[] = [];
    const second = acquireDataLock(path, {
      waitMs: 10_000,
      onHeld: (pid) => (held.push(pid), first.release()),
    });
    expect((await second).wasLeftBehind).toBe(false);
    expect(held).toEqual([process.pid]);
  });

  it('breaks the lock of a dead process, and says so', async () => {
    writeFileSync(path, JSON.stringify(await deadIdentity()));
    expect((await acquireDataLock(path)).wasLeftBehind).toBe(true);
  });

  it('is not fooled by another process that got the same number', async () => {
    writeFileSync(path, JSON.stringify({ pid: process.pid, startedAt: '1' }));
    expect(lockHolder(path)).toBeUndefined();
    (await acquireDataLock(path)).release();
  });

  it('breaks a lock without a name only once its writer cannot be at work any more', async () => {
    writeFileSync(path, '');
    await expect(acquireDataLock(path)).rejects.toThrow(DataInUse);
    utimesSync(path, 0, 0);
    (await acquireDataLock(path)).release();
  });

  it('breaks a stale lock although an earlier breaker died over it', async () => {
    const dead = JSON.stringify(await deadIdentity());
    writeFileSync(path, dead);
    writeFileSync(`${path}.break`, dead);
    expect((await acquireDataLock(path)).wasLeftBehind).toBe(true);
    expect(existsSync(`${path}.break`)).toBe(false);
  });

  it('lets exactly one of many have it, whatever was left behind', async () => {
    const stale = JSON.stringify(await deadIdentity());
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 12 }),
        fc.constantFrom(undefined, stale),
        async (count, left) => {
          if (left) writeFileSync(path, left);
          const attempts = await Promise.allSettled(
            Array.from({ length: count }, () => acquireDataLock(path)),
          );
          const won = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
          expect(won).toHaveLength(1);
          expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(identityOf(process.pid));
          won[0]?.release();
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('isAlive', () => {
  it('knows this process and a dead one', async () => {
    expect(isAlive(identityOf(process.pid))).toBe(true);
    expect(isAlive(await deadIdentity())).toBe(false);
  });
});
