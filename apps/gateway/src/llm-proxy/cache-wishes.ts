import { InvalidRequestError } from '#common';
import type { ForwardedCall } from './forwarded-call.js';

const defaultSeconds = 300;
const longestSeconds = 86_400;

/**
 * How long an answer to this call may be given again, in seconds; undefined: not at all.
 * @throws InvalidRequestError that names the header
 */
export function cacheSecondsIn({ headers }: Pick<ForwardedCall, 'headers'>): number | undefined {
  const wish = headers['x-cache'];
  if (wish === undefined || wish === 'false') return undefined;
  if (wish !== 'true') throw new InvalidRequestError(`'x-cache' must be true or false`, 'x-cache');
  const given = headers['x-cache-ttl'];
  if (given === undefined) return defaultSeconds;
  const seconds = typeof given === 'string' && /^\d{1,5}$/.test(given) ? Number(given) : 0;
  if (seconds >= 1 && seconds <= longestSeconds) return seconds;
  throw new InvalidRequestError(
    `'x-cache-ttl' must be a whole number of seconds from 1 to ${longestSeconds}`,
    'x-cache-ttl',
  );
}
