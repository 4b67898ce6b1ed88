import { Injectable } from '@nestjs/common';
import type { WorkspaceScope } from '#database';
import { type ItemSelection, selectionSql } from '../filter/item-selection.js';
import { SqlParameters } from '../filter/sql-parameters.js';
import { readOldestFirst } from '../items/oldest-first.js';
import type { PageMark } from '../items/page-cursor.js';
import { type ErasedCounts, maxListedIds } from './erasure.js';
import { coversQuestions, coversWorkingSets } from './forget-request.js';

/** Receipts that are emptied in one transaction. */
const receiptsAtOnce = 1_000;
const filesAtOnce = 100;

/** Deletes items for good, and counts what would be deleted. What has expired and is not swept yet goes too. */
@Injectable()
export class ForgetRepository {
  /** The youngest item of a selection; undefined when there is none. */
  async youngest(scope: WorkspaceScope, selection: ItemSelection): Promise<PageMark | undefined> {
    const parameters = new SqlParameters();
    const [row] = await scope.query<PageMark>(
      `SELECT id, created_at AS "createdAt" FROM context_items WHERE ${heads(scope, selection, parameters)}
       ORDER BY created_at DESC, id DESC LIMIT 1`,
      parameters.values,
    );
    return row;
  }

  /** The oldest items of a selection, behind `after` and up to `upTo`: few enough to be deleted at once. */
  page(
    scope: WorkspaceScope,
    selection: ItemSelection,
    upTo: PageMark,
    after?: PageMark,
  ): Promise<PageMark[]> {
    const page = { selection, after, upTo, expired: true };
    return readOldestFirst<PageMark>(scope, page, `head.id, head.created_at AS "createdAt"`);
  }

  /**
   * Deletes items: their rows and vectors, their whole texts, the questions that they answered, and the summaries made of them.
   * @returns what went; `ids` in the order given, without those that were gone already
   */
  async erase(scope: WorkspaceScope, ids: string[]): Promise<{ counts: ErasedCounts; ids: string[] }> {
    const [receipts] = await scope.query<{ n: number }>(`SELECT forget_questions($1) AS n`, [ids]);
    await this.lock(scope, ids);
    const summaries = await this.deleteSummaries(scope, 'item_ids && $2::uuid[]', ids);
    const vectors = await this.deleteVectors(scope, ids);
    const parts = await this.deleted(scope, 'context_items', 'document_id = ANY($2) AND position > 0', ids);
    const documents = await this.deleted(scope, 'context_documents', 'id = ANY($2)', ids);
    const items = await this.deleted(scope, 'context_items', 'id = ANY($2) AND position = 0', ids);
    const gone = new Set(items);
    return {
      counts: {
        items: items.length,
        contextItems: items.length + parts.length,
        contextDocuments: documents.length,
        contextVectors: vectors,
        contextReceipts: receipts?.n ?? 0,
        contextWorkingSets: 0,
        contextSetSummaries: summaries,
        contextFiles: 0,
      },
      ids: ids.filter((id) => gone.has(id)),
    };
  }

  /** Takes the questions out of the receipts that a selection means by itself. @returns how many; call again until none */
  async emptyReceipts(scope: WorkspaceScope, selection: ItemSelection, writtenBy: Date): Promise<number> {
    if (!coversQuestions(selection)) return 0;
    const parameters = new SqlParameters();
    const meant = questions(scope, selection, parameters);
    const rows = await scope.query(
      `WITH emptied AS (
         UPDATE context_receipts SET query = NULL WHERE id = ANY (ARRAY(
           SELECT id FROM context_receipts WHERE ${meant} AND created_at < ${parameters.add(writtenBy)}::timestamptz + interval '1 millisecond'
           ORDER BY created_at, id LIMIT ${receiptsAtOnce}
         )) RETURNING id
       ) SELECT id FROM emptied`,
      parameters.values,
    );
    return rows.length;
  }

  /** Deletes the working sets that a selection means by itself, with their summaries. @returns how many of both */
  async deleteWorkingSets(
    scope: WorkspaceScope,
    selection: ItemSelection,
    madeBy: Date,
  ): Promise<Pick<ErasedCounts, 'contextWorkingSets' | 'contextSetSummaries'>> {
    if (!coversWorkingSets(selection)) return { contextWorkingSets: 0, contextSetSummaries: 0 };
    const parameters = new SqlParameters();
    const meant = ofWorkspace(scope, selection, parameters);
    const sets = await scope.query<{ id: string }>(
      `SELECT id FROM context_working_sets
       WHERE ${meant} AND created_at < ${parameters.add(madeBy)}::timestamptz + interval '1 millisecond' ORDER BY id FOR UPDATE`,
      parameters.values,
    );
    const ids = sets.map(({ id }) => id);
    // They would go with their sets; here they are counted.
    const contextSetSummaries = await this.deleteSummaries(scope, 'working_set_id = ANY($2)', ids);
    const gone = await this.deleted(scope, 'context_working_sets', 'id = ANY($2)', ids);
    return { contextWorkingSets: gone.length, contextSetSummaries };
  }

  /** Deletes uploaded files that were not read yet; one that is being read stores nothing any more. @returns how many; call again until none */
  async eraseFiles(scope: WorkspaceScope, selection: ItemSelection): Promise<number> {
    const parameters = new SqlParameters();
    const rows = await scope.query(
      `WITH gone AS (
         DELETE FROM context_files WHERE workspace_id = $1 AND id = ANY (ARRAY(
           SELECT id FROM context_files WHERE ${ofWorkspace(scope, selection, parameters)} LIMIT ${filesAtOnce}
         )) RETURNING id
       ) SELECT id FROM gone`,
      parameters.values,
    );
    return rows.length;
  }

  /** What {@link erase}, {@link eraseFiles}, {@link emptyReceipts} and {@link deleteWorkingSets} would take, and the oldest of the items. */
  async preview(
    scope: WorkspaceScope,
    selection: ItemSelection,
  ): Promise<{ counts: ErasedCounts; ids: string[] }> {
    const parameters = new SqlParameters();
    const meant = coversQuestions(selection) ? questions(scope, selection, parameters) : 'false';
    const sets = coversWorkingSets(selection) ? ofWorkspace(scope, selection, parameters) : 'false';
    const [row] = await scope.query<ErasedCounts & { ids: string[] }>(
      `WITH heads AS MATERIALIZED (
         SELECT id, document_id, created_at FROM context_items WHERE ${heads(scope, selection, parameters)}
       )
       SELECT count(*)::integer AS items, count(document_id)::integer AS "contextDocuments",
         (SELECT count(*)::integer FROM context_items WHERE workspace_id = $1 AND document_id IN (SELECT id FROM heads))
           + (count(*) - count(document_id))::integer AS "contextItems",
         (SELECT count(*)::integer FROM context_vectors WHERE workspace_id = $1 AND item_id IN (
            SELECT id FROM context_items WHERE workspace_id = $1
              AND (id IN (SELECT id FROM heads) OR document_id IN (SELECT id FROM heads)))) AS "contextVectors",
         (SELECT count(*)::integer FROM context_receipts WHERE workspace_id = $1 AND query IS NOT NULL AND (${meant}
            OR EXISTS (SELECT FROM unnest(receipt_item_ids(items)) AS named (id) JOIN heads USING (id)))) AS "contextReceipts",
         (SELECT count(*)::integer FROM context_working_sets WHERE ${sets}) AS "contextWorkingSets",
         (SELECT count(*)::integer FROM context_set_summaries WHERE workspace_id = $1 AND (
            EXISTS (SELECT FROM unnest(item_ids) AS made_of (id) JOIN heads USING (id))
            OR working_set_id IN (SELECT id FROM context_working_sets WHERE ${sets}))) AS "contextSetSummaries",
         (SELECT count(*)::integer FROM context_files WHERE ${ofWorkspace(scope, selection, parameters)}) AS "contextFiles",
         ARRAY(SELECT id FROM heads ORDER BY created_at, id LIMIT ${maxListedIds}) AS ids
       FROM heads`,
      parameters.values,
    );
    if (!row) throw new Error('A count has one row');
    const { ids, ...counts } = row;
    return { counts, ids };
  }

  /** They would go with their rows; here they are counted. */
  private async deleteVectors(scope: WorkspaceScope, ids: string[]): Promise<number> {
    const [gone] = await scope.query<{ n: number }>(
      `WITH gone AS (
         DELETE FROM context_vectors WHERE workspace_id = $1 AND item_id IN (
           SELECT id FROM context_items WHERE workspace_id = $1 AND (id = ANY($2) OR document_id = ANY($2))
         ) RETURNING 1
       ) SELECT count(*)::integer AS n FROM gone`,
      [scope.workspaceId, ids],
    );
    return gone?.n ?? 0;
  }

  /** Items before summaries, as whoever stores a summary locks them. */
  private async lock(scope: WorkspaceScope, ids: string[]): Promise<void> {
    await scope.query(
      `SELECT id FROM context_items WHERE workspace_id = $1 AND (id = ANY($2) OR document_id = ANY($2)) ORDER BY id FOR UPDATE`,
      [scope.workspaceId, ids],
    );
  }

  private async deleteSummaries(scope: WorkspaceScope, which: string, ids: string[]): Promise<number> {
    const rows = await scope.query(
      `WITH gone AS (DELETE FROM context_set_summaries WHERE workspace_id = $1 AND ${which} RETURNING working_set_id)
       SELECT working_set_id FROM gone`,
      [scope.workspaceId, ids],
    );
    return rows.length;
  }

  private async deleted(
    scope: WorkspaceScope,
    table: 'context_items' | 'context_documents' | 'context_working_sets',
    which: string,
    ids: string[],
  ): Promise<string[]> {
    const rows = await scope.query<{ id: string }>(
      `WITH gone AS (DELETE FROM ${table} WHERE workspace_id = $1 AND ${which} RETURNING id) SELECT id FROM gone`,
      [scope.workspaceId, ids],
    );
    return rows.map(({ id }) => id);
  }
}

/** What a selection means of a table; receipts and working sets have a session and a time as items have. */
const ofWorkspace = (scope: WorkspaceScope, selection: ItemSelection, parameters: SqlParameters): string =>
  [`workspace_id = ${parameters.add(scope.workspaceId)}`, ...selectionSql(selection, parameters)].join(
    ' AND ',
  );

const heads = (scope: WorkspaceScope, selection: ItemSelection, parameters: SqlParameters): string =>
  `${ofWorkspace(scope, selection, parameters)} AND position = 0`;

const questions = (scope: WorkspaceScope, selection: ItemSelection, parameters: SqlParameters): string =>
  `${ofWorkspace(scope, selection, parameters)} AND query IS NOT NULL`;
