import { describe, expect, it } from 'vitest';
import type { LimitedCaller, Limits } from './limited-caller.js';
import { LocalLimiter } from './local-limiter.js';

const noon = Date.UTC(2030, 0, 1, 12);
const callerWith = (limits: Partial<Limits> = {}): LimitedCaller => ({
  workspaceId: 'w',
  keyId: 'k',
  keyHash: 'h',
  limits: {
    requests: 100,
    windowSeconds: 60,
    tokens: 0,
    parallel: 0,
    workspaceRequests: 0,
    workspaceWindowSeconds: 60,
    dailyTokens: 1_000,
    shadow: [],
    ...limits,
  },
});
const caller = callerWith();
const reservationOf = (tokens: number) => ({
  callId: 'c',
  caller,
  tokens,
  day: Math.floor(noon / 86_400_000),
  tokensUntil: undefined,
  held: false,
});

describe('LocalLimiter', () => {
  it.each(['requests', 'workspaceRequests'] as const)('lets a quarter of the %s through', (limit) => {
    const limiter = new LocalLimiter();
    const tight = callerWith({ requests: 1_000, [limit]: 100 });
    const decisions = Array.from({ length: 30 }, () => limiter.admit(tight, 0, noon));
    expect(decisions.filter(({ refusedBy }) => !refusedBy)).toHaveLength(25);
    expect(decisions.at(-1)?.refusedBy).toBe(limit === 'requests' ? 'requests' : 'workspace_requests');
  });

  it('lets a quarter of the minute and of the slots through, and frees a slot with its call', () => {
    const limiter = new LocalLimiter();
    const tight = callerWith({ tokens: 400, parallel: 8 });
    expect(limiter.admit(tight, 60, noon).refusedBy).toBeUndefined();
    expect(limiter.admit(tight, 60, noon).refusedBy).toBe('tokens');
    expect(limiter.admit(tight, 10, noon).refusedBy).toBeUndefined();
    expect(limiter.admit(tight, 10, noon).refusedBy).toBe('parallel');
    limiter.settle(reservationOf(10), 10);
    expect(limiter.admit(tight, 10, noon)).toMatchObject({
      refusedBy: undefined,
      state: { parallel: { limit: 8, remaining: 0 } },
    });
  });

  it('spends a quarter of what Redis last said was left, and counts what was really used', () => {
    const limiter = new LocalLimiter();
    limiter.learn(caller, 400, noon);
    expect(limiter.admit(caller, 60, noon).refusedBy).toBeUndefined();
    expect(limiter.admit(caller, 60, noon).refusedBy).toBe('daily_tokens');
    limiter.settle(reservationOf(60), 10);
    expect(limiter.admit(caller, 60, noon)).toMatchObject({
      refusedBy: undefined,
      state: { dailyTokens: { limit: 1_000, remaining: 30 } },
    });
  });

  it('takes nothing for a refused call', () => {
    const limiter = new LocalLimiter();
    const tight = callerWith({ requests: 8, tokens: 400, parallel: 8 });
    for (let i = 0; i < 10; i++) expect(limiter.admit(tight, 101, noon).refusedBy).toBe('tokens');
    expect(limiter.admit(tight, 100, noon).refusedBy).toBeUndefined();
  });

  it('starts anew with the day', () => {
    const limiter = new LocalLimiter();
    limiter.learn(caller, 0, noon);
    expect(limiter.admit(caller, 1, noon)).toMatchObject({ refusedBy: 'daily_tokens', retryMs: 43_200_000 });
    expect(limiter.admit(caller, 1, noon + 43_200_000).refusedBy).toBeUndefined();
  });

  it('says of a limit in shadow that it would refuse, and lets through', () => {
    const limiter = new LocalLimiter();
    limiter.learn(caller, 0, noon);
    const decision = limiter.admit(callerWith({ shadow: ['daily_tokens'] }), 1, noon);
    expect(decision).toMatchObject({ refusedBy: undefined, shadowed: ['daily_tokens'] });
  });
});
