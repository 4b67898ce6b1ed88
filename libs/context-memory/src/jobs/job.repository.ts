import { Injectable } from '@nestjs/common';
import type { WorkspaceScope } from '#database';
import type { RedactionCounts } from '../redaction/pii-class.js';
import { statusOfRows } from '../items/item-row.js';
import type { ItemProgress } from './context-job.js';

/** A post that was accepted. */
export interface JobRecord {
  id: string;
  itemIds: string[];
  /** Of a post that is an uploaded file. */
  fileId: string | null;
  redacted: RedactionCounts;
  requestHash: string;
  createdAt: Date;
}

/** A job that is about to be written. */
export interface NewJob {
  id: string;
  idempotencyKey: string | undefined;
  requestHash: string;
  fileId?: string;
}

interface JobRow {
  id: string;
  item_ids: string[];
  file_id: string | null;
  redacted: RedactionCounts;
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
  async insert(scope: WorkspaceScope, job: NewJob): Promise<boolean> {
    const rows = await scope.query(
      `INSERT INTO context_jobs (id, workspace_id, idempotency_key, request_hash, file_id, created_at)
       VALUES ($2, $1, $3, $4, $5, date_trunc('milliseconds', now())) ON CONFLICT DO NOTHING RETURNING id`,
      [scope.workspaceId, job.id, job.idempotencyKey ?? null, job.requestHash, job.fileId ?? null],
    );
    return rows.length > 0;
  }

  /** Notes what became of a post. */
  async setItems(
    scope: WorkspaceScope,
    id: string,
    itemIds: string[],
    redacted: RedactionCounts,
  ): Promise<void> {
    await scope.query(
      `UPDATE context_jobs SET item_ids = $3, redacted = $4 WHERE workspace_id = $1 AND id = $2`,
      [scope.workspaceId, id, itemIds, JSON.stringify(redacted)],
    );
  }

  /** The same for the post of a file, whose name and details may have been counted before its text. */
  async setItemsOfFile(
    scope: WorkspaceScope,
    fileId: string,
    itemIds: string[],
    redacted: RedactionCounts,
  ): Promise<void> {
    await scope.query(
      `UPDATE context_jobs SET item_ids = $3, redacted = (
         SELECT coalesce(jsonb_object_agg(class, n), '{}') FROM (
           SELECT key AS class, sum(value::integer) AS n FROM (
             SELECT * FROM jsonb_each_text(redacted) UNION ALL SELECT * FROM jsonb_each_text($4::jsonb)
           ) AS counts GROUP BY key
         ) AS sums)
       WHERE workspace_id = $1 AND file_id = $2`,
      [scope.workspaceId, fileId, itemIds, JSON.stringify(redacted)],
    );
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

  /** Queues the rows of these items again whose embedding had been given up. @returns the items that had such rows */
  async retryItems(scope: WorkspaceScope, itemIds: string[]): Promise<string[]> {
    const rows = await scope.query<{ id: string }>(
      `WITH again AS (
         UPDATE context_items SET status = 'pending', attempts = 0, error = NULL, claim_id = NULL, queued_at = now()
         WHERE workspace_id = $1 AND (id = ANY($2) OR document_id = ANY($2)) AND status = 'failed'
         RETURNING coalesce(document_id, id) AS id
       ) SELECT DISTINCT id FROM again`,
      [scope.workspaceId, itemIds],
    );
    return rows.map(({ id }) => id);
  }

  private async findBy(
    scope: WorkspaceScope,
    condition: string,
    value: string,
  ): Promise<JobRecord | undefined> {
    const [row] = await scope.query<JobRow>(
      `SELECT id, item_ids, file_id, redacted, request_hash, created_at FROM context_jobs WHERE workspace_id = $1 AND ${condition}`,
      [scope.workspaceId, value],
    );
    return row && toRecord(row);
  }
}

const toRecord = (row: JobRow): JobRecord => ({
  id: row.id,
  itemIds: row.item_ids,
  fileId: row.file_id,
  redacted: row.redacted,
  requestHash: row.request_hash,
  createdAt: row.created_at,
});
