import { type ArgumentsHost, Catch, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { PinoLogger } from 'nestjs-pino';
import { RateLimiter, rateLimitHeaders } from '#rate-limit';
import { knownCallerOf } from '../auth/index.js';
import { ErrorFilter } from '../http/error.filter.js';

/** Says on a bad answer, too, how its caller stands, although the call never came as far as the limits. */
@Catch()
@Injectable()
export class LimitHeadersFilter extends ErrorFilter {
  constructor(
    logger: PinoLogger,
    private readonly limiter: RateLimiter,
  ) {
    super(logger);
  }

  override catch(thrown: unknown, host: ArgumentsHost): Promise<void> {
    return this.refuse(thrown, host);
  }

  /** What `catch` does, for whoever serves a request without Nest's router. */
  async refuse(thrown: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const response = http.getResponse<Response>();
    const caller = knownCallerOf(http.getRequest<Request>());
    if (caller && !response.headersSent && !response.hasHeader('x-ratelimit-limit-requests')) {
      const state = await this.limiter.peek(caller);
      if (state) response.setHeaders(new Map(Object.entries(rateLimitHeaders(state))));
    }
    this.respond(thrown, host);
  }
}
