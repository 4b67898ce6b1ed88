import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '#common';
import { RateLimitExceededError } from '#rate-limit';
import { RedisUnavailableError } from '#redis';
import { callerWith, counters, limiterOf, MemoryLedger, MemorySink, usageOf } from './rate-limit.harness.js';
import { connectStores, type StoreClients, until } from './store-clients.js';

let store: StoreClients;
let sink: MemorySink;

beforeAll(async () => {
  store = await connectStores();
});
afterAll(() => store.close());
beforeEach(async () => {
  sink = new MemorySink();
  await store.redis.flushdb();
});

describe('a settle', () => {
  it('replaces the reservation by the actual tokens once, with the event in the same step', async () => {
    const caller = callerWith({ parallel: 5 });
    const { limiter } = limiterOf(store, { sink });
    const admission = await limiter.admit({ caller, callId: newId(), tokens: 500 });
    expect(await counters(store, caller)).toMatchObject({ quota: '500', parallel: 1 });
    await Promise.all([admission.settle(usageOf(20, 22)), admission.settle(usageOf(20, 22))]);
    await admission.refund(usageOf(0, 0));
    expect(await counters(store, caller)).toMatchObject({
      quota: '42',
      reservations: 0,
      parallel: 0,
      events: 1,
    });
    const [[, fields] = []] = await store.redis.xrange('usage:events', '-', '+');
    expect(JSON.parse(fields?.[1] ?? '')).toEqual({
      ...usageOf(20, 22),
      id: admission.callId,
      workspaceId: caller.workspaceId,
      keyId: caller.keyId,
      createdAt: admission.admittedAt.toISOString(),
    });
    expect(sink.events).toEqual([]);
  });

  it('as a refund gives everything back, but for the request', async () => {
    const caller = callerWith({ requests: 2, windowSeconds: 60, tokens: 1_000, parallel: 1 });
    const { limiter } = limiterOf(store, { sink });
    await (await limiter.admit({ caller, callId: newId(), tokens: 500 })).refund(usageOf(9, 9));
    expect(await counters(store, caller)).toMatchObject({
      quota: '0',
      reservations: 0,
      parallel: 0,
      events: 1,
    });
    expect(await limiter.peek(caller)).toMatchObject({
      requests: { remaining: 1 },
      tokens: { remaining: 1_000 },
      parallel: { remaining: 1 },
      dailyTokens: { remaining: 1_000_000 },
    });
  });

  it('takes more of the minute and the day than was reserved when more was used', async () => {
    const caller = callerWith({ tokens: 60, dailyTokens: 1_000 });
    const { limiter } = limiterOf(store, { sink });
    await (await limiter.admit({ caller, callId: newId(), tokens: 30 })).settle(usageOf(30, 30));
    expect(await counters(store, caller)).toMatchObject({ quota: '60' });
    const refusal = await limiter.admit({ caller, callId: newId(), tokens: 30 }).catch((error) => error);
    expect(refusal).toMatchObject({ limit: 'tokens' });
    // 30 of a bucket of 60 a minute: half a minute.
    expect(refusal.retryAfter).toBeLessThanOrEqual(30);
    expect(refusal.retryAfter).toBeGreaterThan(25);
  });

  it('counts once although the process that reserved it was given up', async () => {
    const caller = callerWith({ dailyTokens: 100, parallel: 1 });
    const slow = await limiterOf(store, { sink, lapseAfterMs: 30 }).limiter.admit({
      caller,
      callId: newId(),
      tokens: 90,
    });
    const { limiter } = limiterOf(store, { sink });
    await until(() => limiter.admit({ caller, callId: newId(), tokens: 80 }).then(Boolean, () => false));
    expect(await counters(store, caller)).toMatchObject({ quota: '80', reservations: 1, parallel: 1 });
    await slow.settle(usageOf(10, 5));
    expect(await counters(store, caller)).toMatchObject({ quota: '95', reservations: 1, events: 1 });
  });

  it('goes to the ledger by the side door when Redis forgot the call', async () => {
    const caller = callerWith({});
    const { limiter } = limiterOf(store, { sink });
    const admission = await limiter.admit({ caller, callId: newId(), tokens: 500 });
    await store.redis.flushdb();
    await admission.settle(usageOf(3, 4));
    expect(sink.events).toMatchObject([{ id: admission.callId, promptTokens: 3, completionTokens: 4 }]);
    expect((await counters(store, caller)).quota).toBeNull();
  });
});

describe('events on a stream that is lost', () => {
  const settleOne = async (limiter: ReturnType<typeof limiterOf>['limiter']) => {
    const admission = await limiter.admit({ caller: callerWith({}), callId: newId(), tokens: 5 });
    await admission.settle(usageOf(1, 1));
    return admission.callId;
  };

  it('are rescued after a flush, but not those that the ledger has', async () => {
    const { limiter, settlement } = limiterOf(store, { sink });
    const written = await settleOne(limiter);
    await store.redis.del('usage:events');
    const lost = await settleOne(limiter);
    await store.redis.flushdb();
    const after = await settleOne(limiter);
    expect(sink.events.map(({ id }) => id)).toEqual([lost]);
    expect([written, after]).not.toContain(lost);
    await settlement.beforeApplicationShutdown();
    expect(sink.events.map(({ id }) => id)).toEqual([lost, after]);
  });

  it('are rescued without another call to tell of the flush', async () => {
    const { limiter, settlement } = limiterOf(store, { sink });
    settlement.onModuleInit();
    const lost = await settleOne(limiter);
    await store.redis.flushdb();
    await until(() => sink.events.some(({ id }) => id === lost));
    await settlement.beforeApplicationShutdown();
    expect(sink.events).toHaveLength(1);
  });

  it('are rescued when Redis comes back', async () => {
    const { limiter, settlement } = limiterOf(store, { sink });
    const lost = await settleOne(limiter);
    await settlement.redisReturned();
    expect(sink.events.map(({ id }) => id)).toEqual([lost]);
  });
});

describe('a day that Redis does not know', () => {
  it('is counted from the ledger before it is trusted, once', async () => {
    const ledger = new MemoryLedger();
    const { limiter } = limiterOf(store, { sink, ledger });
    const caller = callerWith({ dailyTokens: 100 });
    ledger.used.set(caller.workspaceId, 70);
    await limiter.admit({ caller, callId: newId(), tokens: 30 });
    expect((await counters(store, caller)).quota).toBe('100');
    expect(await limiter.admit({ caller, callId: newId(), tokens: 1 }).catch((error) => error.code)).toBe(
      'insufficient_quota',
    );
    expect(ledger.asked).toBe(1);
    await store.redis.flushdb();
    expect(await limiter.admit({ caller, callId: newId(), tokens: 31 }).catch((error) => error.code)).toBe(
      'insufficient_quota',
    );
    expect(ledger.asked).toBe(2);
  });

  it('begins at 0 without a question when the day before was known to the end', async () => {
    const ledger = new MemoryLedger();
    const { limiter } = limiterOf(store, { sink, ledger });
    const caller = callerWith({});
    const yesterday = Math.floor(Date.now() / 86_400_000) - 1;
    await store.redis.set(`quota:known:${caller.workspaceId}`, yesterday);
    await limiter.admit({ caller, callId: newId(), tokens: 7 });
    expect((await counters(store, caller)).quota).toBe('7');
    expect(ledger.asked).toBe(0);
  });

  it('is decided locally when the ledger does not know it either', async () => {
    class DeadLedger extends MemoryLedger {
      override usedOn(): Promise<number> {
        return Promise.reject(new Error('connect ECONNREFUSED'));
      }
    }
    const { limiter } = limiterOf(store, { sink, ledger: new DeadLedger() });
    const caller = callerWith({ dailyTokens: 100 });
    const admission = await limiter.admit({ caller, callId: newId(), tokens: 20 });
    expect(admission.degraded).toBe(true);
    expect((await counters(store, caller)).quota).toBeNull();
  });
});

describe('without Redis', () => {
  const paused = async (ms: number) => {
    const client = await connectStores({ REDIS_COMMAND_TIMEOUT_MS: '100' });
    await store.redis.call('CLIENT', 'PAUSE', String(ms), 'ALL');
    return client;
  };

  it('goes on within a local share, does not wait long, and settles in Redis once it is back', async () => {
    const caller = callerWith({ requests: 8, windowSeconds: 3_600, parallel: 100 });
    // The day is known, so that what is counted later has a place.
    await limiterOf(store, { sink }).limiter.admit({ caller, callId: newId(), tokens: 100 });
    const client = await paused(1_500);
    const { limiter, settlement } = limiterOf(client, { sink, timeoutMs: 100 });
    settlement.onModuleInit();
    const start = performance.now();
    const admissions = [];
    for (let i = 0; i < 5; i++) {
      admissions.push(await limiter.admit({ caller, callId: newId(), tokens: 10 }).catch((error) => error));
    }
    // Three time-outs at most; then Redis is left alone.
    expect(performance.now() - start).toBeLessThan(1_500);
    expect(admissions.map(({ degraded }) => degraded)).toEqual([true, true, undefined, undefined, undefined]);
    expect(admissions[4]).toBeInstanceOf(RateLimitExceededError);
    await Promise.all(admissions.slice(0, 2).map((admission) => admission.settle(usageOf(3, 4))));
    expect(sink.events).toHaveLength(2);
    // What Redis carries out late of the admissions, the refused one among them, goes with the settles; only the first call is left.
    const settled = { quota: '114', reservations: 1, parallel: 1 };
    await until(async () => (await counters(store, caller)).quota === settled.quota);
    await settlement.beforeApplicationShutdown();
    expect(await counters(store, caller)).toMatchObject(settled);
    await client.close();
  });

  it.each([
    ['open', undefined],
    ['closed', RedisUnavailableError],
  ] as const)('in mode %s answers as it was told to', async (failMode, refusal) => {
    const client = await paused(500);
    const { limiter } = limiterOf(client, { sink, timeoutMs: 100, failMode });
    const caller = callerWith({ dailyTokens: 1 });
    const answer = limiter.admit({ caller, callId: newId(), tokens: 10 });
    if (refusal) await expect(answer).rejects.toThrow(refusal);
    else expect((await answer).degraded).toBe(true);
    await client.close();
    await until(() => store.redis.ping().then(Boolean));
  });
});
