import { UnavailableError } from '#common';

/** 503: Redis is away and the operation cannot do without it. */
export class RedisUnavailableError extends UnavailableError {
  constructor(cause: unknown) {
    super('The rate limiter is not available right now', 'redis_unavailable', cause, 1);
  }
}
