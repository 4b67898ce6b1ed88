import { Injectable } from '@nestjs/common';
import type { WorkspaceScope } from '#database';
import { type ItemSelection, selectionSql } from '../filter/item-selection.js';
import { SqlParameters } from '../filter/sql-parameters.js';
import type { ContextItem } from './context-item.js';
import { type ItemRow, toItem, wholeItems } from './item-row.js';
import type { PageMark } from './page-cursor.js';

/** One page of a list; all that is given must hold. */
export interface ItemQuery extends ItemSelection {
  limit: number;
  /** Only what comes after this item, newest first. */
  after?: PageMark;
}

/** Reads items as wholes. What has expired does not exist, whether or not it was swept. */
@Injectable()
export class ItemRepository {
  async find(scope: WorkspaceScope, id: string): Promise<ContextItem | undefined> {
    const heads = `SELECT * FROM context_items WHERE workspace_id = $1 AND id = $2 AND position = 0 AND ${alive}`;
    const [row] = await scope.query<ItemRow>(wholeItems(heads, 'coalesce(document.content, head.content)'), [
      scope.workspaceId,
      id,
    ]);
    return row && toItem(row);
  }

  /** Newest first. */
  async list(scope: WorkspaceScope, query: ItemQuery): Promise<ContextItem[]> {
    const parameters = new SqlParameters();
    const workspace = `workspace_id = ${parameters.add(scope.workspaceId)}`;
    const conditions = [workspace, 'position = 0', alive, ...selectionSql(query, parameters)];
    if (query.after) {
      const { createdAt, id } = query.after;
      conditions.push(
        `(created_at, id) < (${parameters.add(createdAt)}::timestamptz, ${parameters.add(id)}::uuid)`,
      );
    }
    const heads = `SELECT * FROM context_items WHERE ${conditions.join(' AND ')}
      ORDER BY created_at DESC, id DESC LIMIT ${parameters.add(query.limit)}`;
    const rows = await scope.query<ItemRow>(
      `${wholeItems(heads, 'head.content')} ORDER BY head.created_at DESC, head.id DESC`,
      parameters.values,
    );
    return rows.map(toItem);
  }

  /**
   * Removes an item with all its rows and vectors, and files that were to replace it; a trigger takes the questions that it
   * answered out of the receipts.
   * @returns whether it was there
   */
  async delete(scope: WorkspaceScope, id: string): Promise<boolean> {
    const gone = await scope.query(
      `WITH gone AS (DELETE FROM context_items WHERE workspace_id = $1 AND id = $2 AND position = 0
         RETURNING id, external_id),
       files AS (DELETE FROM context_files WHERE workspace_id = $1 AND external_id IN (SELECT external_id FROM gone))
       SELECT id FROM gone`,
      [scope.workspaceId, id],
    );
    return gone.length > 0;
  }
}

/** What has not expired. */
export const alive = '(expires_at IS NULL OR expires_at > now())';
