import { GatewayError, type LimitName } from '#common';

/** A limit refused the call. The headers say how the caller stands; write them on the answer. */
export abstract class LimitError extends GatewayError {
  abstract readonly headers: Readonly<Record<string, string>>;
}

/** What a rate limit refused by, in words. */
const what: Record<Exclude<LimitName, 'daily_tokens'>, string> = {
  requests: 'requests of this key',
  tokens: 'tokens per minute of this key',
  parallel: 'parallel calls of this key',
  workspace_requests: 'requests of this workspace',
};

const secondsOf = (retryMs: number): number => Math.max(1, Math.ceil(retryMs / 1_000));

/** 429: too much at once; in a moment it goes on. */
export class RateLimitExceededError extends LimitError {
  /** @param retryMs until the same call would be let through */
  constructor(
    readonly limit: Exclude<LimitName, 'daily_tokens'>,
    retryMs: number,
    readonly headers: Readonly<Record<string, string>>,
  ) {
    const retryAfter = secondsOf(retryMs);
    super(`Rate limit reached for ${what[limit]}. Try again in ${retryAfter} s`, {
      code: 'rate_limit_exceeded',
      type: 'rate_limit_error',
      httpStatus: 429,
      logLevel: 'warn',
      retryAfter,
    });
  }
}

/** 429: the call alone asks for more tokens than the key may use in a minute. It will never pass, so SDKs must not repeat it. */
export class CallTooLargeError extends LimitError {
  constructor(
    asked: number,
    perMinute: number,
    readonly headers: Readonly<Record<string, string>>,
  ) {
    super(
      `This call asks for ${asked} tokens (its prompt, its context and max_tokens), but this key may use ${perMinute} per minute`,
      {
        code: 'rate_limit_exceeded',
        type: 'rate_limit_error',
        httpStatus: 429,
        logLevel: 'warn',
        retryable: false,
      },
    );
  }
}

/** 429: the workspace's tokens of the day are spent. SDKs must not repeat it: they would hammer until midnight. */
export class QuotaExceededError extends LimitError {
  /** @param retryMs until the day ends */
  constructor(
    retryMs: number,
    readonly headers: Readonly<Record<string, string>>,
  ) {
    super(
      'The daily token quota of this workspace does not suffice for this call; it is renewed at 00:00 UTC',
      {
        code: 'insufficient_quota',
        type: 'insufficient_quota',
        httpStatus: 429,
        logLevel: 'warn',
        retryable: false,
        retryAfter: secondsOf(retryMs),
      },
    );
  }
}
