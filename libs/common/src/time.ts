import { InvalidRequestError } from './gateway-error.js';

const rfc3339 = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d:\d\d))?$/;

/**
 * The time that an RFC 3339 text names, to the millisecond (a bare date is its midnight, UTC); undefined for any other text,
 * and for the times that JavaScript and PostgreSQL cannot both hold: leap seconds, and the first and last years, which a
 * zone's shift would take out of what PostgreSQL can write.
 */
export function parseTime(text: string): Date | undefined {
  const time = new Date(rfc3339.test(text) ? text : Number.NaN);
  const year = time.getUTCFullYear();
  return year > 1 && year < 9999 ? time : undefined;
}

/** {@link parseTime}. @throws InvalidRequestError naming `param` */
export function readTime(text: string, param: string): Date {
  const time = parseTime(text);
  if (time) return time;
  throw new InvalidRequestError(`${param} must be an RFC 3339 time, like 2026-11-22T08:30:00Z`, param);
}
