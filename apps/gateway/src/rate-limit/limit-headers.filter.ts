import { type ArgumentsHost, Catch, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { PinoLogger } from 'nestjs-pino';
import { RateLimiter, rateLimitHeaders } from '#rate-limit';
import { ErrorFilter } from '../http/error.filter.js';
import { stateOf } from '../http/request-state.js';

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

  override async respond(thrown: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const response = http.getResponse<Response>();
    const { caller } = stateOf(http.getRequest<Request>());
    if (caller && !response.headersSent && !response.hasHeader('x-ratelimit-limit-requests')) {
      const state = await this.limiter.peek(caller);
      if (state) response.setHeaders(new Map(Object.entries(rateLimitHeaders(state))));
    }
    await super.respond(thrown, host);
  }
}
