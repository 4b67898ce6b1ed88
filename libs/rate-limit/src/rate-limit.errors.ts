import { GatewayError } from '#common';

/** A limit refused the call. The headers say how the caller stands; write them on the answer. */
export abstract class LimitError extends GatewayError {
  abstract readonly headers: Readonly<Record<string, string>>;
}

/** 429: too many requests of one key; in a moment it goes on. */
export class RateLimitExceededError extends LimitError {
  /** @param retryMs until the next request would be let through */
  constructor(
    retryMs: number,
    readonly headers: Readonly<Record<string, string>>,
  ) {
    const retryAfter = Math.max(1, Math.ceil(retryMs / 1_000));
    super(`Rate limit reached for requests. Try again in ${retryAfter} s`, {
      code: 'rate_limit_exceeded',
      type: 'rate_limit_error',
      httpStatus: 429,
      logLevel: 'warn',
      retryAfter,
    });
  }
}

/** 429: the workspace's tokens of the day are spent. SDKs must not repeat it: they would hammer until midnight. */
export class QuotaExceededError extends LimitError {
  /** @param retryMs until the day ends */
  constructor(
    retryMs: number,
    readonly headers: Readonly<Record<string, string>>,
  ) {
    const retryAfter = Math.max(1, Math.ceil(retryMs / 1_000));
    super(
      'The daily token quota of this workspace does not suffice for this call; it is renewed at 00:00 UTC',
      {
        code: 'insufficient_quota',
        type: 'insufficient_quota',
        httpStatus: 429,
        logLevel: 'warn',
        retryable: false,
        retryAfter,
      },
    );
  }
}
