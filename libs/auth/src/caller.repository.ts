import { Injectable } from '@nestjs/common';
import { AppConfig } from '#config';
import type { SystemScope } from '#database';
import type { KnownKey } from './caller.js';
import { callerModelColumns, callerModelsOf, type CallerModelsRow } from './caller-models.js';
import {
  keyLimitColumns,
  toKeyLimitSettings,
  toWorkspaceLimitSettings,
  workspaceLimitColumns,
  type KeyLimitRow,
  type WorkspaceLimitRow,
} from './limit-settings.js';
import { resolveLimits, limitValues } from './resolved-limits.js';
import type { Scope } from './scopes.js';

interface CallerRow extends CallerModelsRow {
  key_hash: string;
  public_id: string;
  workspace_id: string;
  scopes: Scope[];
  allowed_models: string[] | null;
  active: boolean;
  expires_at: Date | null;
  key_limits: KeyLimitRow;
  workspace_limits: WorkspaceLimitRow;
  version: Date;
}

/** Both tables name the columns alike, so each side comes as one object. */
const asObject = (table: string, columns: readonly string[]): string =>
  `jsonb_build_object(${columns.map((column) => `'${column}', ${table}.${column}`).join(', ')})`;

/** Finds who a key belongs to, with its limits resolved. */
@Injectable()
export class CallerRepository {
  constructor(private readonly config: AppConfig) {}

  /** One look-up by primary means: the hash's unique index. @returns a frozen record, undefined when there is none */
  async find(scope: SystemScope, keyHash: string): Promise<KnownKey | undefined> {
    const [row] = await scope.query<CallerRow>(
      `SELECT k.key_hash, k.public_id, k.workspace_id, k.scopes, k.allowed_models, k.active, k.expires_at,
         ${asObject('k', keyLimitColumns)} AS key_limits,
         ${asObject('w', workspaceLimitColumns)} AS workspace_limits,
         ${callerModelColumns},
         greatest(k.updated_at, w.updated_at) AS version
       FROM api_keys k JOIN workspaces w ON w.id = k.workspace_id
       WHERE k.key_hash = $1`,
      [keyHash],
    );
    return row && this.toKnownKey(row);
  }

  private toKnownKey(row: CallerRow): KnownKey {
    const [key, workspace] = [
      toKeyLimitSettings(row.key_limits),
      toWorkspaceLimitSettings(row.workspace_limits),
    ];
    const caller = Object.freeze({
      version: row.version.toISOString(),
      workspaceId: row.workspace_id,
      keyId: row.public_id,
      keyHash: row.key_hash,
      scopes: Object.freeze(row.scopes),
      allowedModels: row.allowed_models && Object.freeze(row.allowed_models),
      models: callerModelsOf(row),
      limits: limitValues(resolveLimits(key, workspace, this.config.rateLimit)),
      expiresAt: row.expires_at?.getTime() ?? null,
    });
    return Object.freeze({ caller, revoked: !row.active });
  }
}
