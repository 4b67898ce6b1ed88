import type { LimitedCaller } from './limited-caller.js';

/** A new epoch of Redis: another value after it lost its memory. */
export const epochKey = 'usage:epoch';

/** Where the limits live in Redis that the keys of a workspace share; operators type these names (docs/debugging.md). */
export const workspaceLimitKeys = (workspaceId: string) => ({
  workspaceRequests: `rate_limit:workspace:${workspaceId}`,
  daily: `quota:daily:${workspaceId}`,
  reservations: `quota:reservations:${workspaceId}`,
  lapsed: `quota:lapsed:${workspaceId}`,
  known: `quota:known:${workspaceId}`,
});

/** Where all limits of a caller live. */
export const limitKeys = ({ keyHash, workspaceId }: Pick<LimitedCaller, 'keyHash' | 'workspaceId'>) => ({
  requests: `rate_limit:api_key:${keyHash}`,
  tokens: `rate_limit:tokens:${keyHash}`,
  parallel: `rate_limit:parallel:${keyHash}`,
  ...workspaceLimitKeys(workspaceId),
});

/** What the keys of all workspaces' days match. */
export const quotaKeyPattern = 'quota:*';

const quotaKey = /^quota:(?:daily|reservations|lapsed):(.+)$/;

/** The workspace whose day a key is part of; undefined for other keys and those that hold no tokens. */
export const workspaceOfKey = (name: string): string | undefined => quotaKey.exec(name)?.[1];
