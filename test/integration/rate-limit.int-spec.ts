import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '#common';
import {
  CallTooLargeError,
  type LimitedCaller,
  QuotaExceededError,
  RateLimitExceededError,
} from '#rate-limit';
import { callerWith, counters, limiterOf, MemorySink, usageOf } from './rate-limit.harness.js';
import { connectStores, type StoreClients, until } from './store-clients.js';

let clients: [StoreClients, StoreClients];
let store: StoreClients;

beforeAll(async () => {
  clients = await Promise.all([connectStores(), connectStores()]);
  [store] = clients;
});
afterAll(() => Promise.all(clients.map((each) => each.close())));
beforeEach(() => store.redis.flushdb());

const admit = (caller: LimitedCaller, tokens = 1) =>
  limiterOf(store).limiter.admit({ caller, callId: newId(), tokens });
const refusalOf = (caller: LimitedCaller, tokens = 1) => admit(caller, tokens).catch((error) => error);

async function admitAtOnce(caller: LimitedCaller, calls: number, tokens: number): Promise<number> {
  const limiters = clients.map((each) => limiterOf(each).limiter);
  const tries = Array.from({ length: calls / limiters.length }, () =>
    limiters.map((limiter) => limiter.admit({ caller, callId: newId(), tokens })),
  ).flat();
  const results = await Promise.allSettled(tries);
  for (const result of results) {
    if (result.status === 'fulfilled') expect(result.value.degraded).toBe(false);
  }
  return results.filter(({ status }) => status === 'fulfilled').length;
}

describe('200 calls at once on two processes', () => {
  it.each([1, 7, 100, 199])('are %i through a bucket of requests that holds so many', async (size) => {
    expect(await admitAtOnce(callerWith({ requests: size, windowSeconds: 86_400 }), 200, 1)).toBe(size);
    expect(
      await admitAtOnce(callerWith({ workspaceRequests: size, workspaceWindowSeconds: 86_400 }), 200, 1),
    ).toBe(size);
  });

  it.each([1, 50, 100])('are %i where the tokens of the day pay for so many', async (admitted) => {
    const caller = callerWith({ dailyTokens: admitted * 30 + 29 });
    expect(await admitAtOnce(caller, 200, 30)).toBe(admitted);
    expect((await counters(store, caller)).quota).toBe(String(admitted * 30));
  });

  it.each([1, 50, 100])('are %i where the minute has tokens or slots for so many', async (admitted) => {
    // A token drains in six seconds, so that none comes back while we count.
    expect(await admitAtOnce(callerWith({ parallel: admitted }), 200, 1)).toBe(admitted);
    expect(await admitAtOnce(callerWith({ tokens: 10 }), 200, 10)).toBe(1);
  });
});

describe('a refusal', () => {
  it.each([
    ['requests', { requests: 1, windowSeconds: 86_400 }],
    ['tokens', { tokens: 100 }],
    ['parallel', { parallel: 1 }],
    ['workspace_requests', { workspaceRequests: 1, workspaceWindowSeconds: 86_400 }],
    ['daily_tokens', { dailyTokens: 100 }],
  ] as const)('by %s moves no counter, and says when to come back', async (limit, limits) => {
    const caller = callerWith(limits);
    await admit(caller, 60);
    const before = await counters(store, caller);
    const refusal = await refusalOf(caller, 60);
    expect(refusal).toMatchObject({ httpStatus: 429, ...(limit !== 'daily_tokens' && { limit }) });
    expect(refusal instanceof QuotaExceededError).toBe(limit === 'daily_tokens');
    expect(refusal.retryAfter).toBeGreaterThan(0);
    expect(await counters(store, caller)).toEqual(before);
  });

  it('tells SDKs to wait for a rate, and not to repeat what the day or the minute can never pay for', async () => {
    const spent = callerWith({ dailyTokens: 100 });
    expect(await refusalOf(spent, 101)).toMatchObject({
      code: 'insufficient_quota',
      retryable: false,
      headers: { 'x-quota-limit-tokens': '100', 'x-quota-remaining-tokens': '100' },
    });
    const small = callerWith({ tokens: 100 });
    expect(await refusalOf(small, 101)).toBeInstanceOf(CallTooLargeError);
    expect(await refusalOf(small, 101)).toMatchObject({ code: 'rate_limit_exceeded', retryable: false });
    const fast = callerWith({ requests: 1, windowSeconds: 60 });
    await admit(fast);
    const refusal = await refusalOf(fast);
    expect(refusal).toBeInstanceOf(RateLimitExceededError);
    expect(refusal.retryAfter).toBeGreaterThan(55);
    expect(refusal.retryAfter).toBeLessThanOrEqual(60);
    expect(refusal.retryable).toBeUndefined();
  });

  it('names the limit with the longest wait when several refuse', async () => {
    const caller = callerWith({ requests: 1, windowSeconds: 3_600, parallel: 1, tokens: 60 });
    await admit(caller, 60);
    expect(await refusalOf(caller, 60)).toMatchObject({ limit: 'requests' });
  });
});

describe('a limit in shadow', () => {
  it('is evaluated, said to be exceeded, and let through', async () => {
    const caller = callerWith({ requests: 1, parallel: 1, shadow: ['requests', 'parallel'] });
    const warn = vi.spyOn(store.logger, 'warn');
    for (let i = 0; i < 3; i++) await admit(caller);
    const said = warn.mock.calls.filter(([, event]) => event === 'rate_limit_exceeded');
    expect(said.map(([fields]) => fields)).toEqual([
      expect.objectContaining({ limit: 'requests', shadow: true, workspace_id: caller.workspaceId }),
      expect.objectContaining({ limit: 'parallel', shadow: true }),
      expect.objectContaining({ limit: 'requests', shadow: true }),
      expect.objectContaining({ limit: 'parallel', shadow: true }),
    ]);
    warn.mockRestore();
  });

  it('does not hide one that is enforced, and the day counts on', async () => {
    const caller = callerWith({
      dailyTokens: 10,
      requests: 2,
      windowSeconds: 86_400,
      shadow: ['daily_tokens'],
    });
    await admit(caller, 8);
    await admit(caller, 8);
    expect((await counters(store, caller)).quota).toBe('16');
    expect(await refusalOf(caller, 8)).toMatchObject({ limit: 'requests' });
  });
});

describe('one admission', () => {
  it('costs one command, and a settle one more', async () => {
    const { limiter } = limiterOf(store, { sink: new MemorySink() });
    const caller = callerWith({ tokens: 10_000, parallel: 5, workspaceRequests: 5 });
    // The first of a workspace asks the ledger; the scripts are known to Redis after it.
    const first = await limiter.admit({ caller, callId: newId(), tokens: 10 });
    await first.settle(usageOf(1, 1));
    const sent = vi.spyOn(store.redis, 'sendCommand');
    const second = await limiter.admit({ caller, callId: newId(), tokens: 10 });
    const names = () => sent.mock.calls.map(([{ name }]) => name);
    expect(names()).toEqual(['evalsha']);
    await second.settle(usageOf(1, 1));
    expect(names()).toEqual(['evalsha', 'evalsha']);
    sent.mockRestore();
  });

  it('says how the caller stands with all of its limits, as a peek does', async () => {
    const caller = callerWith({
      requests: 10,
      tokens: 600,
      parallel: 3,
      workspaceRequests: 20,
      dailyTokens: 1_000,
    });
    const { limiter } = limiterOf(store);
    const { headers } = await limiter.admit({ caller, callId: newId(), tokens: 100 });
    expect(headers).toMatchObject({
      'x-ratelimit-limit-requests': '10',
      'x-ratelimit-remaining-requests': '9',
      'x-ratelimit-limit-tokens': '600',
      'x-ratelimit-remaining-tokens': '500',
      'x-ratelimit-reset-tokens': '10s',
      'x-quota-limit-tokens': '1000',
      'x-quota-remaining-tokens': '900',
    });
    const before = await counters(store, caller);
    expect(await limiter.peek(caller)).toMatchObject({
      requests: { limit: 10, remaining: 9 },
      tokens: { limit: 600 },
      parallel: { limit: 3, remaining: 2 },
      workspaceRequests: { limit: 20, remaining: 19 },
      dailyTokens: { limit: 1_000, remaining: 900 },
    });
    expect(await counters(store, caller)).toEqual(before);
  });

  it('of a request without tokens takes no slot and asks no quota', async () => {
    const caller = callerWith({ parallel: 1, dailyTokens: 1, tokens: 1 });
    const { limiter } = limiterOf(store);
    await limiter.admit({ caller, callId: newId(), tokens: 1 });
    await limiter.admitRequest(caller);
    await limiter.admitRequest(caller);
    expect(await counters(store, caller)).toMatchObject({ parallel: 1, quota: '1', reservations: 1 });
  });

  it('comes back after its share of the window', async () => {
    const caller = callerWith({ requests: 4, windowSeconds: 1 });
    const { limiter } = limiterOf(store);
    for (let i = 0; i < 4; i++) await limiter.admitRequest(caller);
    await until(() => limiter.admitRequest(caller).then(Boolean, () => false));
  });

  it('counts for a day that ends at midnight, UTC', async () => {
    const caller = callerWith({});
    await admit(caller, 7);
    const midnight = (Math.floor(Date.now() / 86_400_000) + 1) * 86_400;
    expect(await store.redis.expiretime(`quota:daily:${caller.workspaceId}`)).toBe(midnight);
    // An operator's `SET` takes the expiry away; the next call puts it back and goes on from there.
    await store.redis.set(`quota:daily:${caller.workspaceId}`, '40');
    await admit(caller, 2);
    expect((await counters(store, caller)).quota).toBe('42');
    expect(await store.redis.expiretime(`quota:daily:${caller.workspaceId}`)).toBe(midnight);
  });
});
