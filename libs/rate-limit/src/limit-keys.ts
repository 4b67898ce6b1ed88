import type { LimitedCaller } from './limited-caller.js';

/** A new epoch of Redis: another value after it lost its memory. */
export const epochKey = 'usage:epoch';

/** Where the limits of a caller live in Redis; operators type these names (docs/debugging.md). */
export function limitKeys({ keyHash, workspaceId }: Pick<LimitedCaller, 'keyHash' | 'workspaceId'>) {
  return {
    requests: `rate_limit:api_key:${keyHash}`,
    tokens: `rate_limit:tokens:${keyHash}`,
    parallel: `rate_limit:parallel:${keyHash}`,
    workspaceRequests: `rate_limit:workspace:${workspaceId}`,
    daily: `quota:daily:${workspaceId}`,
    reservations: `quota:reservations:${workspaceId}`,
    lapsed: `quota:lapsed:${workspaceId}`,
    known: `quota:known:${workspaceId}`,
  };
}
