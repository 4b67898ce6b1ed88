import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { PinoLogger } from 'nestjs-pino';
import type { GatewayError } from '#common';
import { reportError } from '#observability';
import { errorDialect } from './error-dialect.js';
import { toGatewayError } from './error-mapping.js';
import { stateOf } from './request-state.js';

/**
 * The one place where errors become answers: the error body that the door's clients parse or, once a stream has begun, its
 * last event. A stack trace never leaves.
 */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: PinoLogger) {
    logger.setContext(ErrorFilter.name);
  }

  catch(thrown: unknown, host: ArgumentsHost): void | Promise<void> {
    return this.respond(thrown, host);
  }

  /** What `catch` does, by a name for whoever serves a request without Nest's router. */
  respond(thrown: unknown, host: ArgumentsHost): void | Promise<void> {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const error = toGatewayError(thrown);
    this.note(error, request);
    if (response.headersSent) this.endBegun(request, response, error);
    else this.answer(request, response, error);
  }

  private note(error: GatewayError, request: Request): void {
    const state = stateOf(request);
    state.errorCode = error.code;
    state.exception = describe(error);
    if (error.logLevel !== 'error') return;
    const cause = error.cause ?? error;
    const context = {
      request_id: state.requestId,
      method: request.method,
      url: request.path,
      workspace_id: state.caller?.workspaceId,
      key_id: state.caller?.keyId,
    };
    this.logger.error({ ...context, error: cause, exception: state.exception }, 'request_failed');
    reportError(cause, context);
  }

  private answer(request: Request, response: Response, error: GatewayError): void {
    if (error.retryAfter !== undefined)
      response.setHeader('retry-after', Math.max(1, Math.ceil(error.retryAfter)));
    if (error.retryable !== undefined) response.setHeader('x-should-retry', String(error.retryable));
    const { headers, body } = written(error, request);
    response.set(headers).status(error.httpStatus).json(body);
  }

  private endBegun(request: Request, response: Response, error: GatewayError): void {
    const streams = String(response.getHeader('content-type')).startsWith('text/event-stream');
    const { event } = written(error, request);
    if (streams && response.writable) response.end(event);
    else response.destroy();
  }
}

const written = (error: GatewayError, request: Request) =>
  errorDialect(request.path, request.originalUrl)(error, stateOf(request).requestId);

/** `ConnectionError: connect refused`: what operators look for under `exception`. */
function describe(error: GatewayError): string {
  const cause = error.cause instanceof Error ? error.cause : error;
  return `${cause.name}: ${cause.message}`.slice(0, 500);
}
