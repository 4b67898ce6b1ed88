import { Injectable } from '@nestjs/common';
import type { WorkspaceScope } from '#database';
import { alive } from './item.repository.js';

/** By what items are kept together. */
export type Grouping = 'session' | 'collection';

/** Items with one session or collection. */
export interface ItemGroup {
  name: string;
  items: number;
  /** Of these, how many are pinned. */
  pinned: number;
  /** When the newest of them was made. */
  newestAt: Date;
}

/** Counts the items of sessions and collections. */
@Injectable()
export class GroupRepository {
  /** One page, by name. @param after only names behind this one */
  async list(
    scope: WorkspaceScope,
    grouping: Grouping,
    limit: number,
    after: string | undefined,
  ): Promise<ItemGroup[]> {
    return scope.query<ItemGroup>(
      `SELECT ${grouping} AS name, count(*)::integer AS items, count(*) FILTER (WHERE pinned)::integer AS pinned,
         max(created_at) AS "newestAt"
       FROM context_items
       WHERE workspace_id = $1 AND position = 0 AND ${grouping} IS NOT NULL AND ${alive}
         AND ($3::text IS NULL OR ${grouping} > $3)
       GROUP BY ${grouping} ORDER BY ${grouping} LIMIT $2`,
      [scope.workspaceId, limit, after ?? null],
    );
  }
}
