import type { Call } from './call.js';

/** Times of the calls of a phase that nothing was done to, in ms. */
export const plainMs = (calls: readonly Call[], phase: string): number[] =>
  calls
    .filter((call) => call.phase === phase && call.kind.share > 0)
    .filter(({ kind, ending }) => kind.fault === undefined && ending === 'answered')
    .map(({ startedAt, endedAt }) => endedAt - startedAt);

/** The least of the values that so many per cent of them do not exceed (nearest rank); 0 of none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0;
}
