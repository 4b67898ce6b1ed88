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

  it('says limit, rest and reset of both limits', () => {
    const state = {
      requests: { limit: 600, remaining: 599, resetMs: 100 },
      tokens: { limit: 1_000_000, remaining: 0, resetMs: 3_600_000 },
    };
    expect(rateLimitHeaders(state)).toEqual({
      'x-ratelimit-limit-requests': '600',
      'x-ratelimit-remaining-requests': '599',
      'x-ratelimit-reset-requests': '1s',
      'x-quota-limit-tokens': '1000000',
      'x-quota-remaining-tokens': '0',
      'x-quota-reset-tokens': '1h0m0s',
    });
  });
});
