import { Injectable } from '@nestjs/common';
import type { JsonObject } from '#common';
import type { WorkspaceScope } from '#database';
import { SqlParameters } from '../filter/sql-parameters.js';
import type { PageMark } from '../items/page-cursor.js';
import { type ErasedCounts, type Erasure, maxListedIds } from './erasure.js';

interface ErasureRow {
  id: string;
  key_id: string;
  filter: JsonObject;
  items: number;
  context_items: number;
  context_documents: number;
  context_vectors: number;
  context_receipts: number;
  context_working_sets: number;
  context_set_summaries: number;
  context_files: number;
  item_ids: string[];
  item_ids_sha256: string | null;
  created_at: Date;
  completed_at: Date | null;
}

/** Certificates of what was forgotten. */
@Injectable()
export class ErasureRepository {
  /** Opens a certificate that says nothing is gone yet. @returns when */
  async open(
    scope: WorkspaceScope,
    erasure: { id: string; keyId: string; filter: JsonObject },
  ): Promise<Date> {
    const [row] = await scope.query<{ created_at: Date }>(
      `INSERT INTO erasure_certificates (id, workspace_id, key_id, filter, created_at)
       VALUES ($2, $1, $3, $4, date_trunc('milliseconds', now())) RETURNING created_at`,
      [scope.workspaceId, erasure.id, erasure.keyId, JSON.stringify(erasure.filter)],
    );
    if (!row) throw new Error('The certificate was not written');
    return row.created_at;
  }

  /** Adds what this transaction deletes: the two stand or fall together. */
  async add(scope: WorkspaceScope, id: string, counts: ErasedCounts, itemIds: string[]): Promise<void> {
    await scope.query(
      `UPDATE erasure_certificates SET items = items + $3, context_items = context_items + $4,
         context_documents = context_documents + $5, context_receipts = context_receipts + $6,
         context_working_sets = context_working_sets + $7, context_vectors = context_vectors + $8,
         context_files = context_files + $9, context_set_summaries = context_set_summaries + $10,
         item_ids = (item_ids || $11::uuid[])[1:${maxListedIds}]
       WHERE workspace_id = $1 AND id = $2 AND completed_at IS NULL`,
      [
        scope.workspaceId,
        id,
        counts.items,
        counts.contextItems,
        counts.contextDocuments,
        counts.contextReceipts,
        counts.contextWorkingSets,
        counts.contextVectors,
        counts.contextFiles,
        counts.contextSetSummaries,
        itemIds.slice(0, maxListedIds),
      ],
    );
  }

  /** From here on the certificate does not change. */
  async complete(scope: WorkspaceScope, id: string, itemIdsSha256: string): Promise<void> {
    await scope.query(
      `UPDATE erasure_certificates SET item_ids_sha256 = $3, completed_at = date_trunc('milliseconds', now())
       WHERE workspace_id = $1 AND id = $2 AND completed_at IS NULL`,
      [scope.workspaceId, id, itemIdsSha256],
    );
  }

  async find(scope: WorkspaceScope, id: string): Promise<Erasure | undefined> {
    const [row] = await scope.query<ErasureRow>(
      `SELECT ${columns} FROM erasure_certificates WHERE workspace_id = $1 AND id = $2`,
      [scope.workspaceId, id],
    );
    return row && toErasure(row);
  }

  /** Newest first. */
  async list(scope: WorkspaceScope, limit: number, after?: PageMark): Promise<Erasure[]> {
    const parameters = new SqlParameters();
    const conditions = [`workspace_id = ${parameters.add(scope.workspaceId)}`];
    if (after) {
      const { createdAt, id } = after;
      conditions.push(
        `(created_at, id) < (${parameters.add(createdAt)}::timestamptz, ${parameters.add(id)}::uuid)`,
      );
    }
    const rows = await scope.query<ErasureRow>(
      `SELECT ${columns} FROM erasure_certificates WHERE ${conditions.join(' AND ')}
       ORDER BY created_at DESC, id DESC LIMIT ${parameters.add(limit)}`,
      parameters.values,
    );
    return rows.map(toErasure);
  }
}

const columns = `id, key_id, filter, items, context_items, context_documents, context_vectors, context_receipts, context_working_sets,
  context_set_summaries, context_files, item_ids, item_ids_sha256, created_at, completed_at`;

const toErasure = (row: ErasureRow): Erasure => ({
  id: row.id,
  keyId: row.key_id,
  filter: row.filter,
  counts: {
    items: row.items,
    contextItems: row.context_items,
    contextDocuments: row.context_documents,
    contextVectors: row.context_vectors,
    contextReceipts: row.context_receipts,
    contextWorkingSets: row.context_working_sets,
    contextSetSummaries: row.context_set_summaries,
    contextFiles: row.context_files,
  },
  itemIds: row.item_ids,
  itemIdsSha256: row.item_ids_sha256,
  createdAt: row.created_at,
  completedAt: row.completed_at,
});
