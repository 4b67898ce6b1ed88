import type { LimitName } from '#common';
import type { CallerModels } from './caller-models.js';
import type { Scope } from './scopes.js';

/** How much a caller may ask for: the key's own values, else its workspace's, else the environment's. */
export interface CallerLimits {
  /** Requests of the key per window. */
  readonly requests: number;
  readonly windowSeconds: number;
  /** Tokens of the key per minute; 0: no limit. */
  readonly tokens: number;
  /** Calls of the key in flight; 0: no limit. */
  readonly parallel: number;
  /** Requests of the whole workspace per its own window; 0: no limit. */
  readonly workspaceRequests: number;
  readonly workspaceWindowSeconds: number;
  /** Tokens of the whole workspace per UTC day. */
  readonly dailyTokens: number;
  /** Limits that are evaluated and logged, but let through. */
  readonly shadow: readonly LimitName[];
}

/**
 * Who is calling. Frozen: counters live elsewhere, and a change to the key or its workspace makes a new Caller with a later
 * `version`, so a request in flight can never write an old one back.
 */
export interface Caller {
  /** RFC 3339 time of the last change to the key or its workspace. */
  readonly version: string;
  readonly workspaceId: string;
  /** The key's public id. */
  readonly keyId: string;
  readonly keyHash: string;
  readonly scopes: readonly Scope[];
  /** Models the key may name; null: any. */
  readonly allowedModels: readonly string[] | null;
  readonly models: CallerModels;
  readonly limits: CallerLimits;
  /** Milliseconds since the epoch; null: never. */
  readonly expiresAt: number | null;
}

/** A key as it was found, usable or not. */
export interface KnownKey {
  readonly caller: Caller;
  readonly revoked: boolean;
}
