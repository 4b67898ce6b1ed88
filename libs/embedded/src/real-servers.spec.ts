import { Redis } from 'ioredis';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';

import { realServersAvailable, startRealPostgres, startRealRedis } from './real-servers.js';

// Where they are not installed there is nothing to hurt (scripts/install-servers.sh --redis).
describe.skipIf(!realServersAvailable())('real servers', () => {
  it('runs PostgreSQL with pgvector, freezes it, and starts it again after a kill with its data', async () => {
    const server = await startRealPostgres();
    const connect = async (): Promise<Client> => {
      const client = new Client(server.url);
      client.on('error', () => {});
      await client.connect();
      return client;
    };
    const before = await connect();
    await before.query(
      `create extension vector; create table kept as select '[1,2]'::vector as v; checkpoint`,
    );
    server.freeze();
    let answered = false;
    const waiting = before.query('select 1').then(() => (answered = true));
    await new Promise(setImmediate);
    expect(answered).toBe(false);
    server.thaw();
    await waiting;
    await server.kill();
    await expect(before.query('select 1')).rejects.toThrow(/terminated|not queryable|ECONNRESET|EPIPE/);
    await server.restart();
    const after = await connect();
    expect((await after.query('select v from kept')).rows).toEqual([{ v: '[1,2]' }]);
    await server.stop();
  }, 60_000);

  it('runs Redis and kills it', async () => {
    const server = await startRealRedis();
    const redis = new Redis(server.url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
    redis.on('error', () => {});
    expect(await redis.ping()).toBe('PONG');
    await server.kill();
    await expect(redis.ping()).rejects.toThrow(/closed|ECONNRE/i);
    await server.stop();
  }, 30_000);
});
