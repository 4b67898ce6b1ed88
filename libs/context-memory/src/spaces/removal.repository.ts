import { Injectable } from '@nestjs/common';
import type { SystemScope } from '#database';
import type { IndexedSpace } from '../indexing/vector-index.repository.js';

/** Until then some process may go by what it knew before, and read the space still. */
const secondsUntilUnread = 3;

/** Takes a retired space's vectors away, a batch in a transaction, across all workspaces. */
@Injectable()
export class RemovalRepository {
  /** Retired spaces, once nobody reads any of them: making room for the home space touches the rows of all. */
  due(scope: SystemScope): Promise<IndexedSpace[]> {
    return scope.query(
      `SELECT id, provider, model, dimensions FROM embedding_spaces WHERE status = 'retired' AND NOT EXISTS (
         SELECT FROM embedding_spaces
         WHERE status = 'retired' AND retired_at > clock_timestamp() - make_interval(secs => ${secondsUntilUnread})
       ) ORDER BY id`,
    );
  }

  /**
   * Moves vectors of the home space from beside the rows into them, where what they replace is a retired space's or none. Rows
   * that somebody is changing are passed over.
   * @returns how many; call again until none
   */
  async moveIntoRows(scope: SystemScope, limit: number): Promise<number> {
    return this.count(
      scope,
      `WITH moving AS (
         SELECT item.id, beside.space_id, beside.embedding FROM embedding_spaces AS space
         JOIN context_vectors AS beside ON beside.space_id = space.id AND beside.embedding IS NOT NULL
         JOIN context_items AS item ON item.id = beside.item_id
         WHERE space.home LIMIT $1 FOR UPDATE OF item, beside SKIP LOCKED
       ), moved AS (
         UPDATE context_items AS item SET embedding = moving.embedding, embedding_space_id = moving.space_id
         FROM moving WHERE item.id = moving.id RETURNING item.id, moving.space_id
       ), gone AS (
         DELETE FROM context_vectors AS beside USING moved
         WHERE beside.item_id = moved.id AND beside.space_id = moved.space_id RETURNING 1
       ) SELECT count(*)::integer AS n FROM gone`,
      [limit],
    );
  }

  /** @returns how many; call again until none */
  async clearRows(scope: SystemScope, spaceId: number, limit: number): Promise<number> {
    return this.count(
      scope,
      `WITH cleared AS (
         UPDATE context_items SET embedding = NULL, embedding_space_id = NULL WHERE id IN (
           SELECT id FROM context_items WHERE embedding_space_id = $1 LIMIT $2 FOR UPDATE SKIP LOCKED
         ) RETURNING 1
       ) SELECT count(*)::integer AS n FROM cleared`,
      [spaceId, limit],
    );
  }

  /** @returns how many; call again until none */
  async clearBeside(scope: SystemScope, spaceId: number, limit: number): Promise<number> {
    return this.count(
      scope,
      `WITH gone AS (
         DELETE FROM context_vectors WHERE space_id = $1 AND item_id IN (
           SELECT item_id FROM context_vectors WHERE space_id = $1 LIMIT $2 FOR UPDATE SKIP LOCKED
         ) RETURNING 1
       ) SELECT count(*)::integer AS n FROM gone`,
      [spaceId, limit],
    );
  }

  /** Forgets the space itself. @returns false while a vector is left, or when it is not retired */
  async remove(scope: SystemScope, spaceId: number): Promise<boolean> {
    const rows = await scope.query(
      `WITH gone AS (
         DELETE FROM embedding_spaces WHERE id = $1 AND status = 'retired'
           AND NOT EXISTS (SELECT FROM context_vectors WHERE space_id = $1)
           AND NOT EXISTS (SELECT FROM context_items WHERE embedding_space_id = $1)
         RETURNING id
       ) SELECT FROM gone`,
      [spaceId],
    );
    return rows.length > 0;
  }

  private async count(scope: SystemScope, sql: string, parameters: unknown[]): Promise<number> {
    const [row] = await scope.query<{ n: number }>(sql, parameters);
    return row?.n ?? 0;
  }
}
