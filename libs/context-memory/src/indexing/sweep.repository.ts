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

  /** Gives up rows whose worker died over them again and again. @returns how many */
  async giveUp(scope: SystemScope, maxAttempts: number): Promise<number> {
    const rows = await scope.query(
      `WITH given_up AS (
         UPDATE context_items SET status = 'failed', claim_id = NULL,
           error = coalesce(error, 'The embedding was begun ' || attempts || ' times and never ended')
         WHERE status = 'pending' AND attempts >= $1
           AND ${isClaimable}
         RETURNING id
       ) SELECT id FROM given_up`,
      [maxAttempts],
    );
    return rows.length;
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
