import { Injectable } from '@nestjs/common';
import type { SystemScope } from '#database';
import type { EmbeddingSpace } from '../embedding/embedder.port.js';
import type { FillProgress, StoredSpace } from './stored-space.js';
import { maxAttempts } from './vector.repository.js';

/** Kinds of failure that are listed. */
const reasonsListed = 10;

const columns = `id, provider, model, dimensions, status, home, created_at AS "createdAt", activated_at AS "activatedAt",
  filled_at AS "filledAt",
  EXISTS (SELECT FROM embedding_fills WHERE space_id = space.id AND NOT readable) AS filling`;

/** The installation's embedding spaces. Whoever changes them locks them first, so that changes come one after the other. */
@Injectable()
export class EmbeddingSpaceRepository {
  /** The oldest first. */
  list(scope: SystemScope): Promise<StoredSpace[]> {
    return scope.query<StoredSpace>(`SELECT ${columns} FROM embedding_spaces AS space ORDER BY id`);
  }

  /** Keeps other changes of spaces waiting until this transaction ends; readers go on. */
  async lock(scope: SystemScope): Promise<void> {
    await scope.query(`LOCK TABLE embedding_spaces IN SHARE ROW EXCLUSIVE MODE`);
  }

  /** @returns its id */
  async insert(scope: SystemScope, { provider, model, dimensions }: EmbeddingSpace): Promise<number> {
    const [row] = await scope.query<{ id: number }>(
      `INSERT INTO embedding_spaces (provider, model, dimensions) VALUES ($1, $2, $3) RETURNING id`,
      [provider, model, dimensions],
    );
    if (!row) throw new Error('The embedding space was not stored');
    return row.id;
  }

  /** Makes a space the active one; the one that was stands by. */
  async activate(scope: SystemScope, id: number): Promise<void> {
    await scope.query(`UPDATE embedding_spaces SET status = 'standby' WHERE status = 'active' AND id <> $1`, [
      id,
    ]);
    await scope.query(
      `UPDATE embedding_spaces SET status = 'active', activated_at = clock_timestamp() WHERE id = $1`,
      [id],
    );
  }

  /** Has it removed by and by. Where it was at home, the active one moves in. */
  async retire(scope: SystemScope, id: number): Promise<void> {
    const [was] = await scope.query<{ home: boolean }>(`SELECT home FROM embedding_spaces WHERE id = $1`, [
      id,
    ]);
    await scope.query(
      `UPDATE embedding_spaces SET status = 'retired', home = false, retired_at = clock_timestamp() WHERE id = $1`,
      [id],
    );
    if (was?.home) await this.moveIn(scope);
  }

  /** Lets the active space's vectors be stored in the rows of context_items from now on. */
  async moveIn(scope: SystemScope): Promise<void> {
    await scope.query(
      `UPDATE embedding_spaces SET home = true
       WHERE status = 'active' AND NOT EXISTS (SELECT FROM embedding_spaces WHERE home)`,
    );
  }

  /** Spaces of a time when only the environment said which one is used: nobody could read them any more. */
  async retireUnused(scope: SystemScope): Promise<void> {
    await scope.query(`UPDATE embedding_spaces SET status = 'retired' WHERE status <> 'active'`);
  }

  /** Counts the rows of all workspaces, which takes a moment. */
  async progress(scope: SystemScope, id: number): Promise<FillProgress> {
    const [counts] = await scope.query<{ total: number; done: number }>(
      `SELECT (SELECT count(*) FROM context_items)::integer AS total,
         (SELECT count(*) FROM context_items WHERE embedding_space_id = $1)::integer
           + (SELECT count(*) FROM context_vectors WHERE space_id = $1 AND embedding IS NOT NULL)::integer AS done`,
      [id],
    );
    const failures = await scope.query<{ reason: string; count: number; failed: number }>(
      `SELECT reason, count(*)::integer AS count, (sum(count(*)) OVER ())::integer AS failed FROM (
         SELECT coalesce(error, 'unknown') AS reason FROM context_vectors
         WHERE space_id = $1 AND embedding IS NULL AND attempts >= ${maxAttempts}
         UNION ALL
         SELECT coalesce(item.error, 'unknown') FROM context_items AS item JOIN embedding_spaces AS space ON space.id = $1
         WHERE space.status = 'active' AND item.status = 'failed'
           AND NOT EXISTS (SELECT FROM context_vectors WHERE item_id = item.id AND space_id = $1)
       ) AS given_up
       GROUP BY reason ORDER BY count(*) DESC, reason LIMIT ${reasonsListed}`,
      [id],
    );
    return {
      total: counts?.total ?? 0,
      done: counts?.done ?? 0,
      failed: failures[0]?.failed ?? 0,
      failures: failures.map(({ reason, count }) => ({ reason, count })),
    };
  }
}
