import { UnavailableError } from '#common';

/** 503: Redis is away and the operation cannot do without it. */
export class RedisUnavailableError extends UnavailableError {
  constructor(cause: unknown) {
    super('A part of the gateway is not available right now', 'redis_unavailable', cause, 1);
  }
}
