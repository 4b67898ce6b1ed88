import { Injectable } from '@nestjs/common';
import type { SystemScope } from '#database';
import { isClaimable } from './embed.repository.js';

/** Items of one workspace that wait to be embedded. */
export interface WaitingItems {
  workspaceId: string;
  itemIds: string[];
}

/** Across all workspaces: what was left behind. */
@Injectable()
export class SweepRepository {
  /** Rows that were accepted and not embedded. */
  async countPending(scope: SystemScope): Promise<number> {
    const [row] = await scope.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM context_items WHERE status = 'pending'`,
    );
    return row?.count ?? 0;
  }

  /**
   * Items that have waited longer than `olderThanMs` since they were last queued; they count as queued now.
   * @param limit rows at once
   */
  async takeWaiting(scope: SystemScope, olderThanMs: number, limit: number): Promise<WaitingItems[]> {
    const rows = await scope.query<{ workspace_id: string; item_ids: string[] }>(
      `WITH waiting AS (
         UPDATE context_items SET queued_at = now() WHERE id IN (
           SELECT id FROM context_items
           WHERE status = 'pending' AND queued_at < now() - make_interval(secs => $1)
             AND ${isClaimable}
           ORDER BY queued_at LIMIT $2 FOR UPDATE SKIP LOCKED
         )
         RETURNING workspace_id, coalesce(document_id, id) AS item_id
       )
       SELECT workspace_id, array_agg(DISTINCT item_id) AS item_ids FROM waiting GROUP BY workspace_id`,
      [olderThanMs / 1000, limit],
    );
    return rows.map((row) => ({ workspaceId: row.workspace_id, itemIds: row.item_ids }));
  }

  /** Files that have waited longer than `olderThanMs` since they were last queued; they count as queued now. */
  async takeWaitingFiles(
    scope: SystemScope,
    olderThanMs: number,
    limit: number,
    fileClaimSeconds: number,
  ): Promise<{ workspaceId: string; fileId: string }[]> {
    return scope.query(
      `WITH waiting AS (
         UPDATE context_files SET queued_at = now() WHERE id IN (
           SELECT id FROM context_files
           WHERE status = 'pending' AND queued_at < now() - make_interval(secs => $1)
             AND (claim_id IS NULL OR claimed_at < now() - make_interval(secs => $3))
           ORDER BY queued_at LIMIT $2 FOR UPDATE SKIP LOCKED
         )
         RETURNING workspace_id, id
       ) SELECT workspace_id AS "workspaceId", id AS "fileId" FROM waiting`,
      [olderThanMs / 1000, limit, fileClaimSeconds],
    );
  }

  /** Deletes files that have expired, and drops the bytes of those that could not be read a week ago; their reason stays. */
  async dropFiles(scope: SystemScope): Promise<void> {
    await scope.query(`DELETE FROM context_files WHERE expires_at <= now()`);
    await scope.query(
      `UPDATE context_files SET bytes = NULL
       WHERE status = 'failed' AND bytes IS NOT NULL AND queued_at < now() - interval '7 days'`,
    );
  }

  /** Deletes items that have expired. @returns how many rows */
  async deleteExpired(scope: SystemScope, limit: number): Promise<number> {
    const rows = await scope.query(
      `WITH expired AS (
         DELETE FROM context_items WHERE id IN (
           SELECT id FROM context_items WHERE expires_at <= now() AND position = 0 LIMIT $1 FOR UPDATE SKIP LOCKED
         ) RETURNING id
       ) SELECT id FROM expired`,
      [limit],
    );
    return rows.length;
  }
}
