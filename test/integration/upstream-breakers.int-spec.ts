import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RedisSubscriber } from '#redis';
import { FailingUpstream, fast, type Gateway, other } from './failing-upstream.harness.js';

describe('circuit breakers towards the upstream', () => {
  let upstream: FailingUpstream;

  beforeAll(async () => {
    upstream = await FailingUpstream.start();
  });
  afterEach(() => upstream.reset());
  afterAll(() => upstream?.close());

  const quick = {
    OPENROUTER_BREAKER_OPEN_MS: '600',
    OPENROUTER_BREAKER_MIN_CALLS: '4',
    OPENROUTER_MAX_ATTEMPTS: '2',
  };
  const failing = async (one: Gateway, model = fast, times = 2) => {
    upstream.simulator.faults.set({ error: { code: 500 }, model });
    for (let i = 0; i < times; i++) await upstream.call(one, { routes: [model] }).catch(() => undefined);
  };

  it('opens for a failing model, spares it, and sends calls to the next', async () => {
    const one = await upstream.gateway(quick);
    await failing(one);
    const before = upstream.calls().length;
    await expect(upstream.call(one)).rejects.toMatchObject({
      httpStatus: 503,
      code: 'upstream_unavailable',
      retryAfter: 1,
    });
    expect(upstream.calls()).toHaveLength(before);
    expect(upstream.story()).toEqual([[fast, 'skipped', 'breaker_open']]);
    expect((await upstream.call(one, { routes: [fast, other] })).model).toBe(other);
    expect(upstream.lines('breaker_opened')).toMatchObject([
      { scope: 'model', model: fast, cause: 'server', heard: false },
    ]);
  });

  it('closes by a probe when the model is well again', async () => {
    const one = await upstream.gateway(quick);
    await failing(one);
    upstream.simulator.faults.clear();
    await expect.poll(() => upstream.isServed(one), { timeout: 10_000 }).toBe(true);
    expect(one.breakers.notClosed()).toEqual([]);
    expect(upstream.lines('breaker_half_open')).toHaveLength(1);
    expect(upstream.lines('breaker_closed')).toHaveLength(1);
  });

  it('shares what it found out, and its end, with the other gateways', async () => {
    const long = { ...quick, OPENROUTER_BREAKER_OPEN_MS: '60000' };
    const [one, two] = await Promise.all([upstream.gateway(long), upstream.gateway(long)]);
    await failing(one);
    await expect
      .poll(() => two.breakers.notClosed())
      .toMatchObject([{ scope: `model:${fast}`, state: 'open' }]);
    await expect(upstream.call(two)).rejects.toMatchObject({ httpStatus: 503 });
    const redis = one.redis;
    expect(JSON.parse((await redis.get(`breaker:model:${fast}`)) ?? '')).toMatchObject({
      state: 'open',
      cause: 'server',
    });
    expect(await redis.pttl(`breaker:model:${fast}`)).toBeGreaterThan(0);
    // A gateway that was not there when it was told reads it.
    const three = await upstream.gateway(long);
    await expect.poll(() => three.breakers.notClosed().map(({ scope }) => scope)).toEqual([`model:${fast}`]);

    one.breakers.hear({ scope: `model:${fast}`, state: 'closed', until: 0, cause: undefined });
    expect(two.breakers.notClosed()).toHaveLength(1);
    await redis.publish('breaker:changes', JSON.stringify({ scope: `model:${fast}`, state: 'closed' }));
    await expect.poll(() => two.breakers.notClosed()).toEqual([]);
  });

  it('tells the others when its probe closes it', async () => {
    const [one, two] = await Promise.all([
      upstream.gateway(quick),
      upstream.gateway({ ...quick, OPENROUTER_BREAKER_OPEN_MS: '5000' }),
    ]);
    await failing(one);
    await expect.poll(() => two.breakers.notClosed().length).toBe(1);
    upstream.simulator.faults.clear();
    await expect.poll(() => upstream.isServed(one), { timeout: 10_000 }).toBe(true);
    await expect.poll(() => two.breakers.notClosed()).toEqual([]);
    expect(await one.redis.exists(`breaker:model:${fast}`)).toBe(0);
  });

  it('goes by what it sees itself while Redis is away, and waits for nothing', async () => {
    const one = await upstream.gateway(quick);
    one.redis.disconnect();
    one.module.get(RedisSubscriber).disconnect();
    await failing(one);
    await expect(upstream.call(one)).rejects.toMatchObject({ httpStatus: 503 });
    await expect.poll(() => upstream.lines('breakers_not_shared').length).toBe(1);
    upstream.simulator.faults.clear();
    await expect.poll(() => upstream.isServed(one), { timeout: 10_000 }).toBe(true);
  });

  it('opens for the whole upstream when our key is refused, without repeats, and tells it as an alarm', async () => {
    const one = await upstream.gateway(quick);
    upstream.simulator.faults.set({ error: { code: 402, message: 'Insufficient credits' } });
    for (let i = 0; i < 4; i++) {
      await expect(upstream.call(one, { routes: [fast, other] })).rejects.toMatchObject({ httpStatus: 503 });
      expect(upstream.attempts).toHaveLength(1);
    }
    await expect(upstream.call(one, { routes: [other] })).rejects.toMatchObject({
      scope: 'upstream',
      retryAfter: 1,
    });
    expect(upstream.calls()).toHaveLength(4);
    expect(upstream.lines('openrouter_key_refused')).toHaveLength(4);
  });
});
