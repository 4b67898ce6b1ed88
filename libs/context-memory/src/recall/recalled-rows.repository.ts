import { Injectable } from '@nestjs/common';
import type { WorkspaceScope } from '#database';

/** The text of a row, and what is shown with it. */
export interface RecalledRow {
  id: string;
  title: string | null;
  content: string;
  metadata: Record<string, unknown>;
  kind: string;
  /** On which it begins, of a text with pages. */
  page: number | null;
  version: number;
  /** Rows of the text it belongs to. */
  parts: number;
}

/** Reads the texts of the few candidates that were ranked best. */
@Injectable()
export class RecalledRowsRepository {
  /** @param documentIds the documents among the rows, whose parts are counted */
  async load(
    scope: WorkspaceScope,
    rowIds: string[],
    documentIds: string[],
  ): Promise<Map<string, RecalledRow>> {
    const rows = await scope.query<RecalledRow>(
      `SELECT id, title, content, metadata, kind, page, version, coalesce(whole.parts, 1) AS parts
       FROM context_items AS item
       LEFT JOIN (
         SELECT document_id, count(*)::integer AS parts FROM context_items
         WHERE workspace_id = $1 AND document_id = ANY($3) GROUP BY document_id
       ) AS whole USING (document_id)
       WHERE workspace_id = $1 AND id = ANY($2)`,
      [scope.workspaceId, rowIds, documentIds],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }
}
