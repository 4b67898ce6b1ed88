/** After the first miss; each further one doubles it. */
const firstPauseMs = 5_000;
const longestPauseMs = 3_600_000;
/** OpenRouter writes a generation's record within seconds or minutes. One that is not there after a day will not come. */
const givenUpAfterMs = 86_400_000;

/**
 * When a generation's record is looked for again that was not there: after 5 s, 10 s, 20 s … at most an hour.
 *
 * @param attempts how often it was looked for, at least 1
 * @param endedAt when the call ended, milliseconds since the epoch; `now` likewise
 * @returns milliseconds from now, or undefined: it is given up, a day after the call
 */
export function nextLookUpMs(attempts: number, endedAt: number, now: number): number | undefined {
  if (now - endedAt >= givenUpAfterMs) return undefined;
  return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempts - 1, 20));
}
