import { Injectable } from '@nestjs/common';
import type { WorkspaceScope } from '#database';
import type { StoredSpace } from './stored-space.js';

/** After so many tries a text is given up in a space and says why. */
export const maxAttempts = 5;

/** A row that lacks a vector in some space, as it was read. */
export interface UnfilledRow {
  id: string;
  /** A vector of another version's text must not be stored. */
  version: number;
  /** What is embedded: title, heading and content. */
  text: string;
}

/** Where a space's vectors are. */
type Place = Pick<StoredSpace, 'id' | 'home'>;

/** Vectors that a fill adds beside those that new texts get. */
@Injectable()
export class VectorRepository {
  /** Rows without a vector in this space that were not given up. What the active space lacks of new texts is not a fill's. */
  missing(
    scope: WorkspaceScope,
    { id, status }: Pick<StoredSpace, 'id' | 'status'>,
    limit: number,
  ): Promise<UnfilledRow[]> {
    return scope.query<UnfilledRow>(
      `SELECT id, version, concat_ws(E'\\n', title, heading, content) AS text FROM context_items AS item
       WHERE workspace_id = $1 AND embedding_space_id IS DISTINCT FROM $2 AND (status = 'embedded' OR NOT $3)
         AND NOT EXISTS (
           SELECT FROM context_vectors WHERE item_id = item.id AND space_id = $2
             AND (embedding IS NOT NULL OR attempts >= ${maxAttempts})
         )
       LIMIT $4`,
      [scope.workspaceId, id, status === 'active', limit],
    );
  }

  /** Stores vectors of texts that have not changed since they were read. @param vectors as pgvector literals */
  async store(
    scope: WorkspaceScope,
    { id, home }: Place,
    vectors: { row: UnfilledRow; vector: string }[],
  ): Promise<void> {
    await scope.query(home ? storeInRows : storeBeside, [
      scope.workspaceId,
      id,
      vectors.map(({ row }) => row.id),
      vectors.map(({ row }) => row.version),
      vectors.map(({ vector }) => vector),
    ]);
  }

  /** Notes why a text could not be embedded; after `maxAttempts` it is given up. */
  async fail(
    scope: WorkspaceScope,
    { id }: Pick<Place, 'id'>,
    row: UnfilledRow,
    error: string,
  ): Promise<void> {
    await scope.query(
      `INSERT INTO context_vectors AS beside (item_id, space_id, workspace_id, attempts, error)
       SELECT id, $2, workspace_id, 1, $5 FROM context_items WHERE workspace_id = $1 AND id = $3 AND version = $4 FOR SHARE
       ON CONFLICT (item_id, space_id) DO UPDATE SET attempts = beside.attempts + 1, error = excluded.error`,
      [scope.workspaceId, id, row.id, row.version, error],
    );
  }
}

const storeInRows = `
  UPDATE context_items AS item SET embedding = filled.vector::vector, embedding_space_id = $2
  FROM unnest($3::uuid[], $4::integer[], $5::text[]) AS filled (id, version, vector)
  WHERE item.workspace_id = $1 AND item.id = filled.id AND item.version = filled.version`;

/** The lock makes it wait for a change of the text that is not committed yet, and see the version that comes of it. */
const storeBeside = `
  WITH unchanged AS (
    SELECT item.id, filled.vector FROM context_items AS item
    JOIN unnest($3::uuid[], $4::integer[], $5::text[]) AS filled (id, version, vector) USING (id, version)
    WHERE item.workspace_id = $1 FOR SHARE OF item
  )
  INSERT INTO context_vectors (item_id, space_id, workspace_id, embedding)
  SELECT id, $2, $1, vector::vector FROM unchanged
  ON CONFLICT (item_id, space_id) DO UPDATE SET embedding = excluded.embedding, error = NULL`;
