import { Injectable } from '@nestjs/common';
import type { WorkspaceScope } from '#database';
import { statusOfRows } from '../items/item-row.js';
import type { ItemProgress } from './context-job.js';

/** A post that was accepted. */
export interface JobRecord {
  id: string;
  itemIds: string[];
  requestHash: string;
  createdAt: Date;
}

interface JobRow {
  id: string;
  item_ids: string[];
  request_hash: string;
  created_at: Date;
}

/** Jobs: which items a post was about. */
@Injectable()
export class JobRepository {
  /**
   * Writes a job; a second one with the same idempotency key waits for the first and is refused.
   * @returns whether it was written
   */
  async insert(
    scope: WorkspaceScope,
    job: { id: string; idempotencyKey: string | undefined; requestHash: string },
  ): Promise<boolean> {
    const rows = await scope.query(
      `INSERT INTO context_jobs (id, workspace_id, idempotency_key, request_hash, created_at)
       VALUES ($2, $1, $3, $4, date_trunc('milliseconds', now())) ON CONFLICT DO NOTHING RETURNING id`,
      [scope.workspaceId, job.id, job.idempotencyKey ?? null, job.requestHash],
    );
    return rows.length > 0;
  }

  async setItems(scope: WorkspaceScope, id: string, itemIds: string[]): Promise<void> {
    await scope.query(`UPDATE context_jobs SET item_ids = $3 WHERE workspace_id = $1 AND id = $2`, [
      scope.workspaceId,
      id,
      itemIds,
    ]);
  }

  find(scope: WorkspaceScope, id: string): Promise<JobRecord | undefined> {
    return this.findBy(scope, 'id = $2', id);
  }

  findByKey(scope: WorkspaceScope, idempotencyKey: string): Promise<JobRecord | undefined> {
    return this.findBy(scope, 'idempotency_key = $2', idempotencyKey);
  }

  /** Where these items are now; those that are gone are absent. */
  async progress(scope: WorkspaceScope, itemIds: string[]): Promise<Map<string, ItemProgress>> {
    const rows = await scope.query<ItemProgress>(
      `SELECT coalesce(document_id, id) AS id, ${statusOfRows} AS status, min(error) AS error
       FROM context_items WHERE workspace_id = $1 AND (id = ANY($2) OR document_id = ANY($2))
       GROUP BY coalesce(document_id, id)`,
      [scope.workspaceId, itemIds],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  private async findBy(
    scope: WorkspaceScope,
    condition: string,
    value: string,
  ): Promise<JobRecord | undefined> {
    const [row] = await scope.query<JobRow>(
      `SELECT id, item_ids, request_hash, created_at FROM context_jobs WHERE workspace_id = $1 AND ${condition}`,
      [scope.workspaceId, value],
    );
    return (
      row && { id: row.id, itemIds: row.item_ids, requestHash: row.request_hash, createdAt: row.created_at }
    );
  }
}
