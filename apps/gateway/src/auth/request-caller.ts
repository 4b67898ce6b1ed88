import type { Request } from 'express';
import type { Caller } from '#auth';
import { stateOf } from '../http/request-state.js';

/** Who makes a request. A route that asks without ApiKeyGuard is a fault of ours: it throws. */
export function callerOf(request: Request): Caller {
  const { caller } = stateOf(request);
  if (!caller) throw new Error('The route asks for its caller but has no ApiKeyGuard');
  return caller;
}
