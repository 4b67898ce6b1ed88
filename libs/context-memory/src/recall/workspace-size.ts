import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { AppConfig } from '#config';
import type { WorkspaceScope } from '#database';
import {
  type IndexedSpace,
  VectorIndexRepository,
  type VectorTable,
  vectorTables,
} from '../indexing/vector-index.repository.js';

const rememberedMs = 60_000;

/** Knows which workspaces are too large to be measured row by row. */
@Injectable()
export class WorkspaceSize {
  private readonly indexed = new LRUCache<string, boolean>({ max: 10_000, ttl: rememberedMs });

  constructor(
    private readonly config: AppConfig,
    private readonly indexes: VectorIndexRepository,
  ) {}

  /**
   * Whether the dense leg should use the approximate index: the workspace has outgrown CONTEXT_EXACT_SEARCH_ROWS and the
   * worker has built the index. Remembered for a minute, so that most recalls count nothing.
   */
  async usesIndex(scope: WorkspaceScope, space: IndexedSpace): Promise<boolean> {
    const key = `${scope.workspaceId}:${space.id}`;
    const known = this.indexed.get(key);
    if (known !== undefined) return known;
    const answer = await this.isIndexed(scope, space);
    this.indexed.set(key, answer);
    return answer;
  }

  /** Large, and indexed in each table in which it is large. */
  private async isIndexed(scope: WorkspaceScope, space: IndexedSpace): Promise<boolean> {
    const limit = this.config.memory.CONTEXT_EXACT_SEARCH_ROWS;
    const [rows] = await scope.query<Record<VectorTable, number>>(
      `SELECT
         (SELECT count(*) FROM (SELECT FROM context_items WHERE workspace_id = $1 AND embedding_space_id = $2 LIMIT $3) AS rows)::integer AS context_items,
         (SELECT count(*) FROM (SELECT FROM context_vectors WHERE workspace_id = $1 AND space_id = $2 LIMIT $3) AS rows)::integer AS context_vectors`,
      [scope.workspaceId, space.id, limit + 1],
    );
    if (!rows || rows.context_items + rows.context_vectors <= limit) return false;
    for (const table of vectorTables) {
      if (rows[table] > limit && !(await this.indexes.isReady(scope, table, space))) return false;
    }
    return true;
  }
}
