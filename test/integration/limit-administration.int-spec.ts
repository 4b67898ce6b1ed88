import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LimitSettingsService } from '#auth';
import { newId } from '#common';
import { BucketRescaling, LimitStandings, QuotaLedger, QuotaReset, type LimitedCaller } from '#rate-limit';
import { LuaScript, RedisUnavailableError } from '#redis';
import { DailyUsageRepository } from '#usage';
import { ApiKeyRepository } from '../../libs/auth/src/api-key.repository.js';
import { AuthInvalidation } from '../../libs/auth/src/auth-invalidation.js';
import { WorkspaceRepository } from '../../libs/auth/src/workspace.repository.js';
import { connectStores, type StoreClients } from './store-clients.js';

/** A ledger that has 42 tokens of every day. */
class Ledger extends QuotaLedger {
  usedOn(_workspaceId: string, day: number): Promise<number> {
    return Promise.resolve(day === today() ? 42 : Number.NaN);
  }
}

let clients: StoreClients;
let standings: LimitStandings;

beforeAll(async () => {
  clients = await connectStores();
  standings = new LimitStandings(clients.redis, new Ledger(), clients.logger);
});
afterAll(() => clients.close());

const callerWith = (limits: Partial<LimitedCaller['limits']> = {}): LimitedCaller => ({
  workspaceId: newId(),
  keyId: '0123456789abcdef',
  keyHash: newId(),
  limits: {
    requests: 10,
    windowSeconds: 3_600,
    tokens: 6_000,
    parallel: 4,
    workspaceRequests: 100,
    workspaceWindowSeconds: 86_400,
    dailyTokens: 1_000,
    shadow: [],
    ...limits,
  },
});

const today = () => Math.floor(Date.now() / 86_400_000);
const midnight = () => (today() + 1) * 86_400;

/** Leaves `taken` of a bucket's size taken. */
const take = (key: string, taken: number, size: number, windowSeconds: number) =>
  clients.redis.set(key, (Date.now() + (taken * windowSeconds * 1_000) / size).toFixed(3));

describe('LimitStandings', () => {
  it('says how all limits of a key stand, without moving one', async () => {
    const caller = callerWith();
    const { keyHash, workspaceId } = caller;
    const { redis } = clients;
    await take(`rate_limit:api_key:${keyHash}`, 3, 10, 3_600);
    await take(`rate_limit:tokens:${keyHash}`, 1_500, 6_000, 60);
    await take(`rate_limit:workspace:${workspaceId}`, 40, 100, 86_400);
    await redis.set(`quota:daily:${workspaceId}`, '70', 'EXAT', midnight());
    const alive = Date.now() + 60_000;
    const slots = `rate_limit:parallel:${keyHash}`;
    await redis.zadd(slots, alive, newId(), alive, newId(), 1, 'lapsed, but not cleared away');
    const keys = [`rate_limit:api_key:${keyHash}`, `quota:daily:${workspaceId}`];
    const before = await redis.mget(keys);

    const standing = await standings.ofKey(caller);
    expect(standing).toMatchObject({
      requests: { remaining: 7 },
      workspaceRequests: { remaining: 60 },
      parallel: { inFlight: 2 },
      dailyTokens: { used: 70, resetsAt: new Date(midnight() * 1_000) },
    });
    // It refills at 100 a second while we look.
    expect(standing?.tokens?.remaining).toBeGreaterThanOrEqual(4_500);
    expect(standing?.tokens?.remaining).toBeLessThan(6_000);
    const untilFull = Number(standing?.requests.resetsAt) - Date.now();
    expect(untilFull).toBeLessThanOrEqual(1_080_000);
    expect(untilFull).toBeGreaterThan(1_000_000);
    expect(await redis.mget(keys)).toEqual(before);
    expect(await redis.zcard(slots)).toBe(3);
    const { workspaceRequests, dailyTokens } =
      (await standings.ofWorkspace(workspaceId, caller.limits)) ?? {};
    expect(workspaceRequests).toMatchObject({ remaining: 60 });
    expect(dailyTokens).toMatchObject({ used: 70 });
  });

  it('says nothing of limits that are none, and of a day it holds no count of what the ledger says', async () => {
    const caller = callerWith({ tokens: 0, workspaceRequests: 0 });
    expect(await standings.ofKey(caller)).toMatchObject({
      requests: { remaining: 10 },
      tokens: undefined,
      workspaceRequests: undefined,
      parallel: { inFlight: 0 },
      dailyTokens: { used: 42 },
    });
  });

  it('says that it does not know while Redis is away', async () => {
    const lost = await connectStores();
    lost.redis.disconnect();
    expect(
      await new LimitStandings(lost.redis, new Ledger(), lost.logger).ofKey(callerWith()),
    ).toBeUndefined();
    await lost.close();
  });
});

describe('BucketRescaling', () => {
  const remaining = async (caller: LimitedCaller, limits: Partial<LimitedCaller['limits']>) => {
    const after = { ...caller.limits, ...limits };
    const { keyHash, workspaceId, limits: before } = caller;
    await new BucketRescaling(clients.redis, clients.logger).run([{ keyHash, workspaceId, before, after }]);
    return standings.ofKey({ ...caller, limits: after });
  };

  it('lets a raised limit begin with what it has more, and an emptied one stays empty when it is lowered', async () => {
    const caller = callerWith();
    await take(`rate_limit:api_key:${caller.keyHash}`, 10, 10, 3_600);
    expect((await remaining(caller, { requests: 25 }))?.requests.remaining).toBe(15);
    const raised = callerWith({ requests: 25 });
    await take(`rate_limit:api_key:${raised.keyHash}`, 8, 25, 3_600);
    const lowered = await remaining(raised, { requests: 3, windowSeconds: 86_400 });
    expect(lowered?.requests.remaining).toBe(0);
    // Empty, not in debt: all of it is back after one window.
    expect(Number(lowered?.requests.resetsAt) - Date.now()).toBeLessThanOrEqual(86_400_000);
  });

  it('carries over the tokens, the workspace’s bucket once for all of its keys, and no bucket of a limit that was none', async () => {
    const caller = callerWith({ tokens: 600_000 });
    const { keyHash, workspaceId, limits: before } = caller;
    const after = { ...before, tokens: 6_000_000, workspaceRequests: 200 };
    await take(`rate_limit:tokens:${keyHash}`, 600_000, 600_000, 60);
    await take(`rate_limit:workspace:${workspaceId}`, 50, 100, 86_400);
    const changes = [keyHash, newId(), newId()].map((hash) => ({
      keyHash: hash,
      workspaceId,
      before,
      after,
    }));
    await new BucketRescaling(clients.redis, clients.logger).run(changes);
    const standing = await standings.ofKey({ ...caller, limits: after });
    expect(standing?.tokens?.remaining).toBeGreaterThanOrEqual(5_400_000);
    expect(standing?.workspaceRequests?.remaining).toBe(150);

    await remaining(caller, { workspaceRequests: 0 });
    const arrival = await clients.redis.get(`rate_limit:workspace:${workspaceId}`);
    expect(Number(arrival)).toBeGreaterThan(Date.now());
    expect(await clients.redis.pttl(`rate_limit:workspace:${workspaceId}`)).toBeGreaterThan(0);
  });

  it('makes no bucket where there was none', async () => {
    const caller = callerWith();
    await remaining(caller, { requests: 99 });
    expect(await clients.redis.exists(`rate_limit:api_key:${caller.keyHash}`)).toBe(0);
  });
});

describe('a quota reset', () => {
  it('begins the day anew and forgets the calls in flight', async () => {
    const { redis } = clients;
    const workspaceId = newId();
    const [quota, reservations, lapsed] = ['daily', 'reservations', 'lapsed'].map(
      (part) => `quota:${part}:${workspaceId}`,
    );
    await redis.set(quota ?? '', '900');
    await redis.zadd(reservations ?? '', Date.now() + 60_000, `${newId()}:500:${today()}`);
    await redis.zadd(lapsed ?? '', Date.now() + 60_000, `${newId()}:400:${today()}`);
    const [seconds, microseconds] = await redis.time();
    const at = await new QuotaReset(redis).run(workspaceId);
    expect(at.getTime()).toBeGreaterThanOrEqual(
      Math.floor(Number(seconds) * 1e3 + Number(microseconds) / 1e3),
    );
    expect(at.getTime()).toBeLessThanOrEqual(Number((await redis.time())[0]) * 1_000 + 1_000);
    expect(await redis.get(quota ?? '')).toBe('0');
    expect(await redis.expiretime(quota ?? '')).toBe(midnight());
    expect(await redis.exists(reservations ?? '', lapsed ?? '')).toBe(0);
    expect(await redis.get(`quota:known:${workspaceId}`)).toBe(String(today()));
  });

  it('is not carried out when Redis comes to it after whoever asked has given up', async () => {
    const { redis } = clients;
    const workspaceId = newId();
    const keys = ['daily', 'reservations', 'lapsed', 'known'].map((part) => `quota:${part}:${workspaceId}`);
    await redis.set(keys[0] ?? '', '900');
    const script = new LuaScript(
      redis,
      new URL('../../libs/rate-limit/src/reset-quota.lua', import.meta.url),
    );
    expect(await script.run(keys, [Date.now() - 60_000])).toBe(0);
    expect(await redis.mget(keys[0] ?? '', keys[3] ?? '')).toEqual(['900', null]);
  });

  it('is refused while Redis is away', async () => {
    const lost = await connectStores();
    lost.redis.disconnect();
    await expect(new QuotaReset(lost.redis).run(newId())).rejects.toThrow(RedisUnavailableError);
    await lost.close();
  });

  it('makes the ledger count from its moment on, of two the later, whichever is noted first', async () => {
    const { config, database, dataSource, redis, subscriber, logger } = clients;
    const rows = new WorkspaceRepository();
    const invalidation = new AuthInvalidation(redis, subscriber, logger);
    const settings = new LimitSettingsService(config, database, rows, new ApiKeyRepository(), invalidation);
    const workspaceId = newId();
    await dataSource.query(`INSERT INTO workspaces (id, name) VALUES ($1, 'team')`, [workspaceId]);
    const noon = new Date((today() * 86_400 + 43_200) * 1_000);
    for (const [minutes, tokens] of [
      [-60, 1],
      [0, 10],
      [60, 100],
    ] as const) {
      await dataSource.query(
        `INSERT INTO usage_events (id, workspace_id, key_id, request_id, operation, model, status, status_code,
           prompt_tokens, completion_tokens, context_tokens, source, latency_ms, created_at)
         VALUES ($1, $2, 'key', 'request', 'chat', 'demo/echo', 'completed', 200, $3, 0, 0, 'provider', 1, $4)`,
        [newId(), workspaceId, tokens, new Date(noon.getTime() + minutes * 60_000)],
      );
    }
    const counted = () =>
      database.asSystem((scope) => new DailyUsageRepository().tokens(scope, workspaceId, { day: today() }));
    expect(await counted()).toBe(111);
    await settings.noteQuotaReset(workspaceId, noon);
    await settings.noteQuotaReset(workspaceId, new Date(noon.getTime() - 7_200_000));
    expect(await counted()).toBe(110);
    expect((await settings.ofWorkspace(workspaceId)).workspace.quotaResetAt).toEqual(noon);
  });
});
