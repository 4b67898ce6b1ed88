import type { Request } from 'express';
import type { Caller } from '#auth';

/** What the gateway knows of a request beside what Express does. */
export interface RequestState {
  /** The caller's `x-request-id` when it is well-formed, else a new one; on every answer and log line. */
  requestId: string;
  startedAt: number;
  /** The body as sent, for byte-true forwarding. */
  rawBody: Buffer | undefined;
  /** Set by the guard, once it is known. */
  caller: Caller | undefined;
  /** What went wrong, for the request's log line. */
  exception: string | undefined;
  errorCode: string | undefined;
}

const states = new WeakMap<Request, RequestState>();

/** The state of a request; the first middleware made it. */
export function stateOf(request: Request): RequestState {
  const state = states.get(request);
  if (!state) throw new Error('The request-log middleware must run first');
  return state;
}

/** The bytes of a body that is forwarded, or read line by line; empty when there was none, which its reader will refuse. */
export const rawBodyOf = (request: Request): Buffer => stateOf(request).rawBody ?? Buffer.alloc(0);

export function openState(request: Request, requestId: string): RequestState {
  const state: RequestState = {
    requestId,
    startedAt: performance.now(),
    rawBody: undefined,
    caller: undefined,
    exception: undefined,
    errorCode: undefined,
  };
  states.set(request, state);
  return state;
}
