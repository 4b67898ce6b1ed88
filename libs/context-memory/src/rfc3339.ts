import { InvalidRequestError } from '#common';

const rfc3339 = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d:\d\d))?$/;

/**
 * Reads an RFC 3339 time (a bare date is its midnight, UTC).
 * @throws InvalidRequestError naming `param`
 */
export function readTime(text: string, param: string): Date {
  const time = new Date(rfc3339.test(text) ? text : Number.NaN);
  // The first and last years are kept out: a zone's shift would leave what PostgreSQL can write.
  const year = Number.isNaN(time.getTime()) ? 0 : time.getUTCFullYear();
  if (year > 1 && year < 9999) return time;
  throw new InvalidRequestError(`${param} must be an RFC 3339 time, like 2026-11-22T08:30:00Z`, param);
}
