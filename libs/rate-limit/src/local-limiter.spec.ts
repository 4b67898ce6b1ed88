import { describe, expect, it } from 'vitest';
import type { LimitedCaller } from './limited-caller.js';
import { LocalLimiter } from './local-limiter.js';

const noon = Date.UTC(2030, 0, 1, 12);
const caller: LimitedCaller = {
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
  },
};

describe('LocalLimiter', () => {
  it('lets a quarter of the requests through', () => {
    const limiter = new LocalLimiter();
    const decisions = Array.from({ length: 30 }, () => limiter.admit(caller, 0, noon));
    expect(decisions.filter(({ refusedBy }) => !refusedBy)).toHaveLength(25);
    expect(decisions.at(-1)).toMatchObject({ refusedBy: 'requests' });
  });

  it('spends a quarter of what Redis last said was left, and counts what was really used', () => {
    const limiter = new LocalLimiter();
    limiter.learn(caller, 400, noon);
    expect(limiter.admit(caller, 60, noon).refusedBy).toBeUndefined();
    expect(limiter.admit(caller, 60, noon).refusedBy).toBe('tokens');
    limiter.settle(caller, 60, 10, noon);
    expect(limiter.admit(caller, 60, noon)).toMatchObject({
      refusedBy: undefined,
      state: { tokens: { limit: 1_000, remaining: 30 } },
    });
  });

  it('starts anew with the day', () => {
    const limiter = new LocalLimiter();
    limiter.learn(caller, 0, noon);
    expect(limiter.admit(caller, 1, noon)).toMatchObject({ refusedBy: 'tokens', retryMs: 43_200_000 });
    expect(limiter.admit(caller, 1, noon + 43_200_000).refusedBy).toBeUndefined();
  });
});
