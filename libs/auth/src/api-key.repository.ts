import { Injectable } from '@nestjs/common';
import { type Page, pageOf } from '#common';
import type { SystemScope } from '#database';
import { isPublicId } from './api-key.js';
import {
  keyLimitColumns,
  keyLimitValues,
  placeholders,
  toKeyLimitSettings,
  type KeyLimitRow,
  type KeyLimitSettings,
} from './limit-settings.js';
import type { Scope } from './scopes.js';

/** A key as it is stored: the secret is not in it. */
export interface ApiKey extends KeyLimitSettings {
  id: string;
  publicId: string;
  keyHash: string;
  workspaceId: string;
  name: string;
  scopes: Scope[];
  /** Models the key may name; null: any. */
  allowedModels: string[] | null;
  active: boolean;
  expiresAt: Date | null;
  revokedAt: Date | null;
  createdAt: Date;
}

/** What is known of a key before the database has it. */
export type NewApiKeyRecord = Omit<ApiKey, 'active' | 'revokedAt' | 'createdAt'>;

interface ApiKeyRow extends KeyLimitRow {
  id: string;
  public_id: string;
  key_hash: string;
  workspace_id: string;
  name: string;
  scopes: Scope[];
  allowed_models: string[] | null;
  active: boolean;
  expires_at: Date | null;
  revoked_at: Date | null;
  created_at: Date;
}

const limits = keyLimitColumns.join(', ');
const columns = `id, public_id, key_hash, workspace_id, name, scopes, allowed_models, ${limits}, active, expires_at,
  revoked_at, created_at`;

/** The keys' table; for the admin API. Callers are looked up by {@link CallerRepository}. */
@Injectable()
export class ApiKeyRepository {
  async insert(scope: SystemScope, key: NewApiKeyRecord): Promise<ApiKey> {
    const [row] = await scope.query<ApiKeyRow>(
      `INSERT INTO api_keys (id, public_id, key_hash, workspace_id, name, scopes, allowed_models, expires_at, ${limits})
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, ${placeholders(keyLimitColumns, 9)}) RETURNING ${columns}`,
      [
        key.id,
        key.publicId,
        key.keyHash,
        key.workspaceId,
        key.name,
        key.scopes,
        key.allowedModels,
        key.expiresAt,
        ...keyLimitValues(key),
      ],
    );
    if (!row) throw new Error('INSERT returned no row');
    return toApiKey(row);
  }

  /** The keys of one workspace, newest first. @param cursor the id that the page before ended with */
  async list(
    scope: SystemScope,
    workspaceId: string,
    limit: number,
    cursor: string | null,
  ): Promise<Page<ApiKey>> {
    const rows = await scope.query<ApiKeyRow>(
      `SELECT ${columns} FROM api_keys WHERE workspace_id = $1 AND ($2::uuid IS NULL OR id < $2)
       ORDER BY id DESC LIMIT $3`,
      [workspaceId, cursor, limit + 1],
    );
    return pageOf(rows.map(toApiKey), limit, ({ id }) => id);
  }

  /** @param publicId any text: what is no public id names no key */
  async find(scope: SystemScope, publicId: string): Promise<ApiKey | undefined> {
    if (!isPublicId(publicId)) return undefined;
    const [row] = await scope.query<ApiKeyRow>(`SELECT ${columns} FROM api_keys WHERE public_id = $1`, [
      publicId,
    ]);
    return row && toApiKey(row);
  }

  /** The keys of one workspace that still open. */
  async listActive(scope: SystemScope, workspaceId: string): Promise<ApiKey[]> {
    const rows = await scope.query<ApiKeyRow>(
      `SELECT ${columns} FROM api_keys WHERE workspace_id = $1 AND active`,
      [workspaceId],
    );
    return rows.map(toApiKey);
  }

  /** Replaces all of them. @returns the key as it now is, undefined when there is none */
  async replaceLimits(
    scope: SystemScope,
    publicId: string,
    settings: KeyLimitSettings,
  ): Promise<ApiKey | undefined> {
    const [row] = await scope.query<ApiKeyRow>(
      `WITH changed AS (
         UPDATE api_keys SET (${limits}) = ROW(${placeholders(keyLimitColumns, 2)}), updated_at = now()
         WHERE public_id = $1 RETURNING *)
       SELECT ${columns} FROM changed`,
      [publicId, ...keyLimitValues(settings)],
    );
    return row && toApiKey(row);
  }

  /** Revokes a key for good; a second time changes nothing. @returns the key as it now is, undefined when there is none */
  async revoke(scope: SystemScope, publicId: string): Promise<ApiKey | undefined> {
    // In a WITH, because the driver answers a bare UPDATE in another shape than a SELECT.
    const [row] = await scope.query<ApiKeyRow>(
      `WITH revoked AS (
         UPDATE api_keys SET active = false, revoked_at = coalesce(revoked_at, now()), updated_at = now()
         WHERE public_id = $1 RETURNING *)
       SELECT ${columns} FROM revoked`,
      [publicId],
    );
    return row && toApiKey(row);
  }
}

const toApiKey = (row: ApiKeyRow): ApiKey => ({
  id: row.id,
  publicId: row.public_id,
  keyHash: row.key_hash,
  workspaceId: row.workspace_id,
  name: row.name,
  scopes: row.scopes,
  allowedModels: row.allowed_models,
  ...toKeyLimitSettings(row),
  active: row.active,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
  createdAt: row.created_at,
});
