const dayMs = 86_400_000;

/** Days since the epoch, UTC: the quota's period. @param now milliseconds since the epoch */
export const utcDay = (now: number): number => Math.floor(now / dayMs);

/** Milliseconds until the next UTC midnight. */
export const untilDayEnds = (now: number): number => (utcDay(now) + 1) * dayMs - now;
