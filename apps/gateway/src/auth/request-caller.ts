import type { Request } from 'express';
import type { Caller } from '#auth';
import { stateOf } from '../http/request-state.js';

const callers = new WeakMap<Request, Caller>();

/** Remembers who makes a request; the request's log line names the key and the workspace from then on. */
export function setCaller(request: Request, caller: Caller): void {
  callers.set(request, caller);
  const state = stateOf(request);
  state.workspaceId = caller.workspaceId;
  state.keyId = caller.keyId;
}

/** Who makes a request, if that is known already. */
export const knownCallerOf = (request: Request): Caller | undefined => callers.get(request);

/** Who makes a request. A route that asks without ApiKeyGuard is a fault of ours: it throws. */
export function callerOf(request: Request): Caller {
  const caller = callers.get(request);
  if (!caller) throw new Error('The route asks for its caller but has no ApiKeyGuard');
  return caller;
}
