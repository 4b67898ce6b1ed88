import { Injectable } from '@nestjs/common';
import { newId } from '#common';
import type { WorkspaceScope } from '#database';
import type { StoredSpace } from '../spaces/stored-space.js';

/** A row that this process, and no other, is about to embed. */
export interface ClaimedRow {
  id: string;
  claimId: string;
  /** What is embedded: title, heading and content. */
  text: string;
  /** How often it was refused before. */
  attempts: number;
}

/** Seconds after which a claim counts as lost with its worker. Long beside a batch, which takes a few. */
export const claimSeconds = 60;

/** SQL: nobody has this row in hand. */
export const isClaimable = `(claim_id IS NULL OR claimed_at < now() - make_interval(secs => ${claimSeconds}))`;

/** Rows to embed. A claim is the right to store the vector; a change of the text or another worker's claim ends it. */
@Injectable()
export class EmbedRepository {
  /**
   * Claims pending rows, the oldest first; rows that others are claiming are passed over.
   * @param itemIds of these items; null: of any
   */
  async claim(scope: WorkspaceScope, itemIds: string[] | null, limit: number): Promise<ClaimedRow[]> {
    const claimId = newId();
    const rows = await scope.query<{ id: string; text: string; attempts: number }>(
      `WITH claimed AS (
         UPDATE context_items SET claim_id = $3, claimed_at = now()
         WHERE workspace_id = $1 AND id = ANY (ARRAY(
           SELECT id FROM context_items
           WHERE workspace_id = $1 AND ($2::uuid[] IS NULL OR id = ANY($2) OR document_id = ANY($2))
             AND status = 'pending' AND ${isClaimable}
           ORDER BY created_at, position LIMIT $4 FOR UPDATE SKIP LOCKED
         ))
         RETURNING id, concat_ws(E'\\n', title, heading, content) AS text, attempts
       ) SELECT * FROM claimed`,
      [scope.workspaceId, itemIds, claimId, limit],
    );
    return rows.map((row) => ({ ...row, claimId }));
  }

  /** Stores vectors where the claim still holds. @param vectors as pgvector literals, by row id */
  async store(
    scope: WorkspaceScope,
    claimId: string,
    space: Pick<StoredSpace, 'id' | 'home'>,
    vectors: { id: string; vector: string }[],
  ): Promise<void> {
    await scope.query(space.home ? storeInRows : storeBeside, [
      scope.workspaceId,
      claimId,
      space.id,
      vectors.map(({ id }) => id),
      vectors.map(({ vector }) => vector),
    ]);
  }

  /** Gives rows back: what failed was not their fault. */
  async release(scope: WorkspaceScope, rows: ClaimedRow[]): Promise<void> {
    await scope.query(
      `UPDATE context_items SET claim_id = NULL
       WHERE workspace_id = $1 AND id = ANY($2) AND claim_id = $3`,
      [scope.workspaceId, rows.map(({ id }) => id), rows[0]?.claimId ?? null],
    );
  }

  /** Notes why a row could not be embedded, one attempt more; `final` gives it up. */
  async fail(scope: WorkspaceScope, row: ClaimedRow, error: string, final: boolean): Promise<void> {
    await scope.query(
      `UPDATE context_items SET claim_id = NULL, attempts = attempts + 1, error = $4, status = CASE WHEN $5 THEN 'failed' ELSE status END
       WHERE workspace_id = $1 AND id = $2 AND claim_id = $3`,
      [scope.workspaceId, row.id, row.claimId, error, final],
    );
  }
}

const storeInRows = `
  UPDATE context_items AS item
  SET embedding = done.vector::vector, embedding_space_id = $3, status = 'embedded', error = NULL, claim_id = NULL
  FROM unnest($4::uuid[], $5::text[]) AS done (id, vector)
  WHERE item.workspace_id = $1 AND item.id = done.id AND item.claim_id = $2`;

const storeBeside = `
  WITH embedded AS (
    UPDATE context_items AS item SET status = 'embedded', error = NULL, claim_id = NULL
    FROM unnest($4::uuid[], $5::text[]) AS done (id, vector)
    WHERE item.workspace_id = $1 AND item.id = done.id AND item.claim_id = $2
    RETURNING item.id, done.vector
  )
  INSERT INTO context_vectors (item_id, space_id, workspace_id, embedding)
  SELECT id, $3, $1, vector::vector FROM embedded
  ON CONFLICT (item_id, space_id) DO UPDATE SET embedding = excluded.embedding, error = NULL`;
