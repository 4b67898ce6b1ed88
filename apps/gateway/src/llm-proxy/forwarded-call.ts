import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Caller } from '#auth';
import { callerOf } from '../auth/index.js';
import { clientGone } from '../http/client-gone.js';
import { isOpenRouterPath } from '../http/api-prefix.middleware.js';
import { rawBodyOf, stateOf } from '../http/request-state.js';

/** A call that goes upstream, as the gateway received it: who, what bytes, and whether anybody is still listening. */
export interface ForwardedCall {
  caller: Caller;
  requestId: string;
  /** The path of its door, as the route has it. */
  route: string;
  rawBody: Buffer;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** It came by OpenRouter's path, `/api/v1`: there streams end with the chunk that counts, asked for or not. */
  isOpenRouterClient: boolean;
  /** Aborts when the client leaves. */
  signal: AbortSignal;
  /** What breaks the silence of a stream; a comment when absent. */
  keepAlive?: Buffer;
}

/** The {@link ForwardedCall} of a request that has passed ApiKeyGuard. */
export function forwardedCall(request: Request, response: Response): ForwardedCall {
  const { path }: { path: string } = request.route;
  return {
    caller: callerOf(request),
    requestId: stateOf(request).requestId,
    route: path,
    rawBody: rawBodyOf(request),
    headers: request.headers,
    isOpenRouterClient: isOpenRouterPath(request.originalUrl),
    signal: clientGone(response),
  };
}

/** The same as a handler's argument. */
export const Forwarded = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const http = context.switchToHttp();
  return forwardedCall(http.getRequest<Request>(), http.getResponse<Response>());
});
