import type { LimitState, Standing } from './limit-decision.js';

/**
 * What a caller is told on every answer, good or bad: OpenAI's headers for requests and tokens of its key, ours for the
 * workspace's day. Resets are durations in whole seconds, rounded up: whoever waits that long waited long enough.
 */
export function rateLimitHeaders({ requests, tokens, dailyTokens }: LimitState): Record<string, string> {
  return {
    ...standingHeaders('x-ratelimit', 'requests', requests),
    ...(tokens && standingHeaders('x-ratelimit', 'tokens', tokens)),
    ...standingHeaders('x-quota', 'tokens', dailyTokens),
  };
}

const standingHeaders = (prefix: string, what: string, { limit, remaining, resetMs }: Standing) => ({
  [`${prefix}-limit-${what}`]: String(limit),
  [`${prefix}-remaining-${what}`]: String(remaining),
  [`${prefix}-reset-${what}`]: formatDuration(resetMs),
});

/** `1s`, `6m0s`, `2h0m5s`: as OpenAI writes durations (and Go parses them). */
export function formatDuration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  if (hours > 0) return `${hours}h${minutes}m${seconds % 60}s`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
