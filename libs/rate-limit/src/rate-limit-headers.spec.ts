import { describe, expect, it } from 'vitest';
import { formatDuration, rateLimitHeaders } from './rate-limit-headers.js';

describe('rate limit headers', () => {
  it.each([
    [0, '0s'],
    [1, '1s'],
    [1_000, '1s'],
    [59_001, '1m0s'],
    [360_000, '6m0s'],
    [7_205_000, '2h0m5s'],
  ])('writes %i ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  const standing = { limit: 600, remaining: 599, resetMs: 100 };
  const state = {
    requests: standing,
    tokens: { limit: 90_000, remaining: 80_000, resetMs: 6_667 },
    parallel: { limit: 10, remaining: 9, resetMs: 0 },
    workspaceRequests: undefined,
    dailyTokens: { limit: 1_000_000, remaining: 0, resetMs: 3_600_000 },
  };

  it('says limit, rest and reset of requests, tokens and the day', () => {
    expect(rateLimitHeaders(state)).toEqual({
      'x-ratelimit-limit-requests': '600',
      'x-ratelimit-remaining-requests': '599',
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-limit-tokens': '90000',
      'x-ratelimit-remaining-tokens': '80000',
      'x-ratelimit-reset-tokens': '7s',
      'x-quota-limit-tokens': '1000000',
      'x-quota-remaining-tokens': '0',
      'x-quota-reset-tokens': '1h0m0s',
    });
  });

  it('says nothing of a limit that is none', () => {
    const names = Object.keys(rateLimitHeaders({ ...state, tokens: undefined }));
    expect(names.filter((name) => name.startsWith('x-ratelimit') && name.endsWith('tokens'))).toEqual([]);
  });
});
