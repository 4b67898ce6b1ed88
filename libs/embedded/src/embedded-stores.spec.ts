import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startEmbeddedRedis } from './embedded-stores.js';
import { builtFile } from './layout.js';

// These run the built child processes: `npm run build` first.
const file = builtFile('libs/embedded/src/pglite.process.js');
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'embedded-'));
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

async function openDatabase(): Promise<{ child: ChildProcess; client: Client }> {
  const child = fork(file, {
    env: { ...process.env, DATA_PATH: join(directory, 'postgres') },
    stdio: 'inherit',
  });
  const [report]: { port: number }[] = await once(child, 'message');
  const client = new Client({ host: '127.0.0.1', port: report?.port, user: 'postgres' });
  client.on('error', () => {});
  await client.connect();
  return { child, client };
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

describe('embedded PostgreSQL', () => {
  it('has every acknowledged row after kill -9 under load, and after a clean stop', async () => {
    let { child, client } = await openDatabase();
    await client.query('create extension vector; create table kept(n int primary key, v vector(3))');
    await client.query('create index on kept using hnsw (v vector_l2_ops)');
    let acknowledged = 0;
    const writing = (async () => {
      for (let n = 0; ; n++) {
        await client.query('insert into kept values ($1, $2)', [n, `[${n},1,2]`]);
        acknowledged = n + 1;
        if (acknowledged === 200) child.kill('SIGKILL');
      }
    })();
    await Promise.all([once(child, 'exit'), expect(writing).rejects.toThrow(/terminated|ECONNRESET|EPIPE/)]);

    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGTERM'] as const) {
      ({ child, client } = await openDatabase());
      const { rows } = await client.query<{ n: number }>('select n from kept order by n');
      expect(rows.slice(0, acknowledged).map(({ n }) => n)).toEqual(
        Array.from({ length: acknowledged }, (_, n) => n),
      );
      await kill(child, signal);
    }
  }, 120_000);

  it('ends by itself when its parent is gone', async () => {
    const { child } = await openDatabase();
    const exited = once(child, 'exit');
    child.disconnect();
    expect(await exited).toEqual([0, null]);
  }, 60_000);
});

describe('embedded Redis', () => {
  it('runs scripts, expires keys, blocks, and answers without waiting for a timer', async () => {
    const store = await startEmbeddedRedis();
    const [redis, pusher] = [new Redis(store.url), new Redis(store.url)];
    expect(await redis.eval('return redis.call("incrby", KEYS[1], ARGV[1])', 1, 'n', 5)).toBe(5);
    await redis.set('short', 'x', 'PX', 1);
    await expect.poll(() => redis.get('short')).toBeNull();
    const popped = redis.blpop('list', 5);
    await pusher.rpush('list', 'item');
    expect(await popped).toEqual(['list', 'item']);
    // 300 round trips through the package's own 100 ms timer would take half a minute.
    const began = performance.now();
    for (let i = 0; i < 300; i++) await redis.incr('count');
    expect(performance.now() - began).toBeLessThan(10_000);
    redis.disconnect();
    pusher.disconnect();
    await store.stop();
  }, 30_000);
});
