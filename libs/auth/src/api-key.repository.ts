import { Injectable } from '@nestjs/common';
import { type Page, pageOf } from '#common';
import type { SystemScope } from '#database';
import type { Scope } from './scopes.js';

/** A key as it is stored: the secret is not in it. */
export interface ApiKey {
  id: string;
  publicId: string;
  keyHash: string;
  workspaceId: string;
  name: string;
  scopes: Scope[];
  /** Models the key may name; null: any. */
  allowedModels: string[] | null;
  /** Null: the workspace's value, else the environment's. */
  rateLimitRequests: number | null;
  /** Seconds. */
  rateLimitWindow: number | null;
  active: boolean;
  expiresAt: Date | null;
  revokedAt: Date | null;
  createdAt: Date;
}

/** What is known of a key before the database has it. */
export type NewApiKeyRecord = Omit<ApiKey, 'active' | 'revokedAt' | 'createdAt'>;

interface ApiKeyRow {
  id: string;
  public_id: string;
  key_hash: string;
  workspace_id: string;
  name: string;
  scopes: Scope[];
  allowed_models: string[] | null;
  rate_limit_requests: number | null;
  rate_limit_window: number | null;
  active: boolean;
  expires_at: Date | null;
  revoked_at: Date | null;
  created_at: Date;
}

const columns = `id, public_id, key_hash, workspace_id, name, scopes, allowed_models, rate_limit_requests,
  rate_limit_window, active, expires_at, revoked_at, created_at`;

/** The keys' table; for the admin API. Callers are looked up by {@link CallerRepository}. */
@Injectable()
export class ApiKeyRepository {
  async insert(scope: SystemScope, key: NewApiKeyRecord): Promise<ApiKey> {
    const [row] = await scope.query<ApiKeyRow>(
      `INSERT INTO api_keys (id, public_id, key_hash, workspace_id, name, scopes, allowed_models,
         rate_limit_requests, rate_limit_window, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING ${columns}`,
      [
        key.id,
        key.publicId,
        key.keyHash,
        key.workspaceId,
        key.name,
        key.scopes,
        key.allowedModels,
        key.rateLimitRequests,
        key.rateLimitWindow,
        key.expiresAt,
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
  rateLimitRequests: row.rate_limit_requests,
  rateLimitWindow: row.rate_limit_window,
  active: row.active,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
  createdAt: row.created_at,
});
