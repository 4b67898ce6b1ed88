import type { LimitState } from './limit-decision.js';

/**
 * What a caller is told on every answer, good or bad: OpenAI's headers for requests, ours for the day's quota. Resets are
 * durations in whole seconds, rounded up: whoever waits that long waited long enough.
 */
export function rateLimitHeaders({ requests, tokens }: LimitState): Record<string, string> {
  return {
    'x-ratelimit-limit-requests': String(requests.limit),
    'x-ratelimit-remaining-requests': String(requests.remaining),
    'x-ratelimit-reset-requests': formatDuration(requests.resetMs),
    'x-quota-limit-tokens': String(tokens.limit),
    'x-quota-remaining-tokens': String(tokens.remaining),
    'x-quota-reset-tokens': formatDuration(tokens.resetMs),
  };
}

/** `1s`, `6m0s`, `2h0m5s`: as OpenAI writes durations (and Go parses them). */
export function formatDuration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  if (hours > 0) return `${hours}h${minutes}m${seconds % 60}s`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
