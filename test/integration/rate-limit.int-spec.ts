import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId, systemClock } from '#common';
import type { CallUsage, UsageEvent } from '#queues';
import {
  LimitStore,
  QuotaExceededError,
  RateLimiter,
  RedisGate,
  RateLimitExceededError,
  UsageSink,
  type LimitedCaller,
} from '#rate-limit';
import { connectStores, type StoreClients, until } from './store-clients.js';

class Sink extends UsageSink {
  readonly events: UsageEvent[] = [];
  record(event: UsageEvent): Promise<void> {
    this.events.push(event);
    return Promise.resolve();
  }
}

const longMs = 600_000;
let clients: StoreClients[];
let sink: Sink;

beforeAll(async () => {
  clients = await Promise.all([connectStores(), connectStores()]);
});
afterAll(() => Promise.all(clients.map((each) => each.close())));
beforeEach(async () => {
  sink = new Sink();
  await first().redis.flushdb();
});

const first = (): StoreClients => {
  const [client] = clients;
  if (!client) throw new Error('no client');
  return client;
};
// What is counted here must not depend on how fast a busy machine counts; the spec about a slow Redis says so itself.
const patientMs = 5_000;
const limiterOf = ({ redis, logger }: StoreClients, lapseAfterMs = longMs, timeoutMs = patientMs) =>
  new RateLimiter(
    new LimitStore(redis, lapseAfterMs),
    'local',
    sink,
    logger,
    systemClock,
    new RedisGate(timeoutMs),
  );

const callerWith = (limits: Partial<LimitedCaller['limits']>): LimitedCaller => ({
  workspaceId: newId(),
  keyId: '0123456789abcdef',
  keyHash: newId(),
  limits: {
    requests: 1_000_000,
    windowSeconds: 3_600,
    tokens: 0,
    parallel: 0,
    workspaceRequests: 0,
    workspaceWindowSeconds: 60,
    dailyTokens: 1_000_000,
    shadow: [],
    ...limits,
  },
});

const usageOf = (promptTokens: number, completionTokens: number): CallUsage => ({
  requestId: 'request',
  operation: 'chat',
  model: 'demo/echo',
  status: 'completed',
  statusCode: 200,
  promptTokens,
  completionTokens,
  contextTokens: 0,
  cost: null,
  source: 'provider',
  latencyMs: 5,
  generationId: null,
  receiptId: null,
});

/** Every key a limit lives in. */
async function counters(caller: LimitedCaller) {
  const { redis } = first();
  return {
    bucket: await redis.get(`rate_limit:api_key:${caller.keyHash}`),
    quota: await redis.get(`quota:daily:${caller.workspaceId}`),
    reservations: await redis.zcard(`quota:reservations:${caller.workspaceId}`),
    events: await redis.xlen('usage:events'),
  };
}

async function admitAtOnce(caller: LimitedCaller, calls: number, tokens: number): Promise<number> {
  const limiters = clients.map((each) => limiterOf(each));
  const tries = Array.from({ length: calls / limiters.length }, () =>
    limiters.map((limiter) => limiter.admit({ caller, callId: newId(), tokens })),
  ).flat();
  const results = await Promise.allSettled(tries);
  for (const result of results) {
    if (result.status === 'fulfilled') expect(result.value.degraded).toBe(false);
  }
  return results.filter(({ status }) => status === 'fulfilled').length;
}

describe('RateLimiter on Redis', () => {
  it('admits exactly what the bucket holds of 200 calls at once on two processes', async () => {
    for (const requests of [1, 7, 100, 199]) {
      expect(await admitAtOnce(callerWith({ requests, windowSeconds: 86_400 }), 200, 1)).toBe(requests);
    }
  });

  it('admits exactly what the quota pays for of 200 calls at once on two processes', async () => {
    for (const admitted of [1, 50, 100]) {
      const caller = callerWith({ dailyTokens: admitted * 30 + 29 });
      expect(await admitAtOnce(caller, 200, 30)).toBe(admitted);
      expect((await counters(caller)).quota).toBe(String(admitted * 30));
    }
  });

  it('moves no counter for a refused call, and says which limit it was and when to come back', async () => {
    const limiter = limiterOf(first());
    const caller = callerWith({ requests: 1, windowSeconds: 60, dailyTokens: 100 });
    await limiter.admit({ caller, callId: newId(), tokens: 40 });
    const before = await counters(caller);

    const byRequests = await limiter.admit({ caller, callId: newId(), tokens: 40 }).catch((error) => error);
    expect(byRequests).toBeInstanceOf(RateLimitExceededError);
    expect(byRequests.retryAfter).toBeGreaterThan(55);
    expect(byRequests.retryAfter).toBeLessThanOrEqual(60);
    expect(byRequests.headers).toMatchObject({
      'x-ratelimit-limit-requests': '1',
      'x-ratelimit-remaining-requests': '0',
      'x-quota-limit-tokens': '100',
      'x-quota-remaining-tokens': '60',
    });

    const byQuota = await limiter.admit({ caller, callId: newId(), tokens: 61 }).catch((error) => error);
    expect(byQuota).toBeInstanceOf(QuotaExceededError);
    expect(byQuota).toMatchObject({ code: 'insufficient_quota', retryable: false, httpStatus: 429 });
    expect(byQuota.retryAfter).toBeLessThanOrEqual(86_400);

    await expect(limiter.admitRequest(caller)).rejects.toThrow(RateLimitExceededError);
    expect(await counters(caller)).toEqual(before);
  });

  it('replaces the reservation by the actual tokens once, with the event in the same step', async () => {
    const caller = callerWith({});
    const admission = await limiterOf(first()).admit({ caller, callId: newId(), tokens: 500 });
    expect((await counters(caller)).quota).toBe('500');
    await Promise.all([admission.settle(usageOf(20, 22)), admission.settle(usageOf(20, 22))]);
    await admission.refund(usageOf(0, 0));
    expect(await counters(caller)).toMatchObject({ quota: '42', reservations: 0, events: 1 });
    const [[, fields] = []] = await first().redis.xrange('usage:events', '-', '+');
    expect(JSON.parse(fields?.[1] ?? '')).toEqual({
      ...usageOf(20, 22),
      id: admission.callId,
      workspaceId: caller.workspaceId,
      keyId: caller.keyId,
      createdAt: admission.admittedAt.toISOString(),
    });
    expect(sink.events).toEqual([]);
  });

  it('takes a second settle from another process for what it is', async () => {
    const caller = callerWith({});
    const store = new LimitStore(first().redis, longMs);
    const limiter = limiterOf(first());
    const admission = await limiter.admit({ caller, callId: newId(), tokens: 500 });
    await admission.settle(usageOf(1, 1));
    const { workspaceId, keyId } = caller;
    const reservation = { callId: admission.callId, workspaceId, tokens: 500, day: today(), held: true };
    const createdAt = admission.admittedAt.toISOString();
    const event = { ...usageOf(1, 1), id: admission.callId, workspaceId, keyId, createdAt };
    expect(await store.settle(reservation, 2, event)).toBe('unknown');
    expect(await counters(caller)).toMatchObject({ quota: '2', events: 1 });
  });

  it('gives everything back on a refund, but for the request', async () => {
    const caller = callerWith({ requests: 2, windowSeconds: 60 });
    const limiter = limiterOf(first());
    await (await limiter.admit({ caller, callId: newId(), tokens: 500 })).refund(usageOf(9, 9));
    expect(await counters(caller)).toMatchObject({ quota: '0', reservations: 0, events: 1 });
    const state = await limiter.peek(caller);
    expect(state).toMatchObject({
      requests: { limit: 2, remaining: 1 },
      tokens: { limit: 1_000_000, remaining: 1_000_000 },
    });
  });

  it('gives back what a killed process reserved, and still counts its late settle once', async () => {
    const caller = callerWith({ dailyTokens: 100 });
    const shortLived = limiterOf(first(), 30);
    const killed = await shortLived.admit({ caller, callId: newId(), tokens: 90 });
    const limiter = limiterOf(first());
    await until(async () => {
      const admission = await limiter.admit({ caller, callId: newId(), tokens: 80 }).catch(() => undefined);
      return admission !== undefined;
    });
    expect(await counters(caller)).toMatchObject({ quota: '80', reservations: 1 });
    await killed.settle(usageOf(10, 5));
    expect(await counters(caller)).toMatchObject({ quota: '95', reservations: 1, events: 1 });
  });

  it('leaves today’s count alone when a call of yesterday settles or lapses', async () => {
    const caller = callerWith({});
    const { redis } = first();
    const { workspaceId, keyId } = caller;
    const yesterday = today() - 1;
    const callId = newId();
    const reservations = `quota:reservations:${workspaceId}`;
    await redis.zadd(reservations, Date.now() + longMs, `${callId}:500:${yesterday}`);
    await redis.zadd(reservations, 1, `${newId()}:300:${yesterday}`);
    await limiterOf(first()).admit({ caller, callId: newId(), tokens: 7 });
    expect(await counters(caller)).toMatchObject({ quota: '7', reservations: 2 });
    const reservation = { callId, workspaceId, tokens: 500, day: yesterday, held: true };
    const createdAt = new Date(yesterday * 86_400_000).toISOString();
    const event = { ...usageOf(1, 1), id: callId, workspaceId, keyId, createdAt };
    expect(await new LimitStore(redis, longMs).settle(reservation, 2, event)).toBe('settled');
    expect(await counters(caller)).toMatchObject({ quota: '7', events: 1 });
  });

  it('lets the count of a day end with the day', async () => {
    const caller = callerWith({});
    const { redis } = first();
    await limiterOf(first()).admit({ caller, callId: newId(), tokens: 7 });
    expect(await redis.expiretime(`quota:daily:${caller.workspaceId}`)).toBe((today() + 1) * 86_400);
    // An operator's `SET` takes the expiry away; the next call puts it back and goes on from there.
    await redis.set(`quota:daily:${caller.workspaceId}`, '40');
    await limiterOf(first()).admit({ caller, callId: newId(), tokens: 2 });
    expect((await counters(caller)).quota).toBe('42');
    expect(await redis.expiretime(`quota:daily:${caller.workspaceId}`)).toBe((today() + 1) * 86_400);
  });

  it('hands the event over when Redis forgot the call', async () => {
    const caller = callerWith({});
    const admission = await limiterOf(first()).admit({ caller, callId: newId(), tokens: 500 });
    await first().redis.flushdb();
    await admission.settle(usageOf(3, 4));
    expect(sink.events).toMatchObject([{ id: admission.callId, promptTokens: 3, completionTokens: 4 }]);
  });

  it('refills steadily: a request comes back after its share of the window', async () => {
    const caller = callerWith({ requests: 4, windowSeconds: 1 });
    const limiter = limiterOf(first());
    for (let i = 0; i < 4; i++) await limiter.admitRequest(caller);
    const refusal = await limiter.admitRequest(caller).catch((error) => error);
    expect(refusal).toBeInstanceOf(RateLimitExceededError);
    const start = performance.now();
    await until(() => limiter.admitRequest(caller).then(Boolean, () => false));
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe('RateLimiter without Redis', () => {
  it('goes on within its own share, does not wait long, and hands the events over', async () => {
    const client = await connectStores({ REDIS_COMMAND_TIMEOUT_MS: '100' });
    const limiter = limiterOf(client, longMs, 100);
    const caller = callerWith({ requests: 8, windowSeconds: 3_600 });
    await first().redis.call('CLIENT', 'PAUSE', '1500', 'ALL');
    const start = performance.now();
    const admissions = [];
    for (let i = 0; i < 5; i++) {
      admissions.push(await limiter.admit({ caller, callId: newId(), tokens: 10 }).catch((error) => error));
    }
    // Three time-outs at most; then Redis is left alone.
    expect(performance.now() - start).toBeLessThan(1_500);
    expect(admissions.map(({ degraded }) => degraded)).toEqual([true, true, undefined, undefined, undefined]);
    expect(admissions[4]).toBeInstanceOf(RateLimitExceededError);
    await admissions[0].settle(usageOf(3, 4));
    expect(sink.events).toHaveLength(1);
    await client.close();
  });
});

const today = () => Math.floor(Date.now() / 86_400_000);
