import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { AppConfig } from '#config';
import type { WorkspaceScope } from '#database';
import { VectorIndexRepository } from '../indexing/vector-index.repository.js';

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
  async usesIndex(scope: WorkspaceScope, spaceId: number): Promise<boolean> {
    const key = `${scope.workspaceId}:${spaceId}`;
    const known = this.indexed.get(key);
    if (known !== undefined) return known;
    const large = await this.isLarge(scope, spaceId);
    const answer = large && (await this.indexes.isReady(scope, spaceId));
    this.indexed.set(key, answer);
    return answer;
  }

  private async isLarge(scope: WorkspaceScope, spaceId: number): Promise<boolean> {
    const limit = this.config.memory.CONTEXT_EXACT_SEARCH_ROWS;
    const rows = await scope.query(
      `SELECT 1 FROM context_items WHERE workspace_id = $1 AND embedding_space_id = $2 OFFSET $3 LIMIT 1`,
      [scope.workspaceId, spaceId, limit],
    );
    return rows.length > 0;
  }
}
