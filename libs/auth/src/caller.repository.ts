import { Injectable } from '@nestjs/common';
import type { LimitName } from '#common';
import { AppConfig } from '#config';
import type { SystemScope } from '#database';
import type { CallerLimits, KnownKey } from './caller.js';
import type { Scope } from './scopes.js';

interface CallerRow {
  key_hash: string;
  public_id: string;
  workspace_id: string;
  scopes: Scope[];
  allowed_models: string[] | null;
  active: boolean;
  expires_at: Date | null;
  requests: number | null;
  window_seconds: number | null;
  tokens: number | null;
  parallel: number | null;
  workspace_requests: number | null;
  workspace_window_seconds: number | null;
  daily_tokens: string | null;
  shadow: LimitName[] | null;
  version: Date;
}

/** Finds who a key belongs to, with its limits resolved. */
@Injectable()
export class CallerRepository {
  constructor(private readonly config: AppConfig) {}

  /** One look-up by primary means: the hash's unique index. @returns a frozen record, undefined when there is none */
  async find(scope: SystemScope, keyHash: string): Promise<KnownKey | undefined> {
    const [row] = await scope.query<CallerRow>(
      `SELECT k.key_hash, k.public_id, k.workspace_id, k.scopes, k.allowed_models, k.active, k.expires_at,
         coalesce(k.rate_limit_requests, w.rate_limit_requests) AS requests,
         coalesce(k.rate_limit_window, w.rate_limit_window) AS window_seconds,
         coalesce(k.rate_limit_tokens, w.rate_limit_tokens) AS tokens,
         coalesce(k.rate_limit_parallel, w.rate_limit_parallel) AS parallel,
         w.workspace_rate_limit_requests AS workspace_requests, w.rate_limit_window AS workspace_window_seconds,
         w.daily_token_quota AS daily_tokens, coalesce(k.shadow_limits, w.shadow_limits) AS shadow,
         greatest(k.updated_at, w.updated_at) AS version
       FROM api_keys k JOIN workspaces w ON w.id = k.workspace_id
       WHERE k.key_hash = $1`,
      [keyHash],
    );
    return row && this.toKnownKey(row);
  }

  private toKnownKey(row: CallerRow): KnownKey {
    const caller = Object.freeze({
      version: row.version.toISOString(),
      workspaceId: row.workspace_id,
      keyId: row.public_id,
      keyHash: row.key_hash,
      scopes: Object.freeze(row.scopes),
      allowedModels: row.allowed_models && Object.freeze(row.allowed_models),
      limits: this.limitsOf(row),
      expiresAt: row.expires_at?.getTime() ?? null,
    });
    return Object.freeze({ caller, revoked: !row.active });
  }

  private limitsOf(row: CallerRow): CallerLimits {
    const defaults = this.config.rateLimit;
    return Object.freeze({
      requests: row.requests ?? defaults.RATE_LIMIT_REQUESTS,
      windowSeconds: row.window_seconds ?? defaults.RATE_LIMIT_WINDOW,
      tokens: row.tokens ?? defaults.RATE_LIMIT_TOKENS,
      parallel: row.parallel ?? defaults.RATE_LIMIT_PARALLEL,
      workspaceRequests: row.workspace_requests ?? defaults.WORKSPACE_RATE_LIMIT_REQUESTS,
      workspaceWindowSeconds: row.workspace_window_seconds ?? defaults.RATE_LIMIT_WINDOW,
      dailyTokens: row.daily_tokens === null ? defaults.DEFAULT_DAILY_QUOTA_TOKENS : Number(row.daily_tokens),
      shadow: Object.freeze(row.shadow ?? defaults.RATE_LIMIT_SHADOW),
    });
  }
}
