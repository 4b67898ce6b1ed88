import type { LimitState } from './limit-decision.js';

/**
 * What a caller is told on every answer, good or bad: OpenAI's headers for requests and tokens of its key, ours for the
 * workspace's day. Resets are durations in whole seconds, rounded up: whoever waits that long waited long enough.
 */
export const rateLimitHeaders = ({ requests, tokens, dailyTokens }: LimitState): Record<string, string> => ({
  'x-ratelimit-limit-requests': String(requests.limit),
  'x-ratelimit-remaining-requests': String(requests.remaining),
  'x-ratelimit-reset-requests': formatDuration(requests.resetMs),
  ...(tokens && {
    'x-ratelimit-limit-tokens': String(tokens.limit),
    'x-ratelimit-remaining-tokens': String(tokens.remaining),
    'x-ratelimit-reset-tokens': formatDuration(tokens.resetMs),
  }),
  'x-quota-limit-tokens': String(dailyTokens.limit),
  'x-quota-remaining-tokens': String(dailyTokens.remaining),
  'x-quota-reset-tokens': formatDuration(dailyTokens.resetMs),
});

/** `1s`, `6m0s`, `2h0m5s`: as OpenAI writes durations (and Go parses them). */
export function formatDuration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  if (hours > 0) return `${hours}h${minutes}m${seconds % 60}s`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
