/**
 * When the time begins whose events are kept: on the first of a month, UTC, `months` whole months before the present one.
 * @param months at least 1
 */
export const retentionStart = (now: Date, months: number): Date =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 1));
