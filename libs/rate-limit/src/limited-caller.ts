import type { LimitName } from '#common';

/** What the limiter must know of a caller. */
export interface LimitedCaller {
  readonly workspaceId: string;
  /** The key's public id. */
  readonly keyId: string;
  readonly keyHash: string;
  readonly limits: Limits;
}

/** How much a caller may take. 0 is no limit where it says so. */
export interface Limits {
  /** Requests of the key per window. */
  readonly requests: number;
  readonly windowSeconds: number;
  /** Tokens of the key per minute; 0: no limit. */
  readonly tokens: number;
  /** Calls of the key in flight; 0: no limit. */
  readonly parallel: number;
  /** Requests of the workspace per its window; 0: no limit. */
  readonly workspaceRequests: number;
  readonly workspaceWindowSeconds: number;
  /** Tokens of the workspace per UTC day. */
  readonly dailyTokens: number;
  /** Limits that are evaluated and logged, but let through. */
  readonly shadow: readonly LimitName[];
}
