import { Injectable } from '@nestjs/common';
import { Database, type SystemScope, type WorkspaceScope } from '#database';
import type { EmbeddingSpace } from '../embedding/embedder.port.js';

/** More dimensions than an HNSW index over `vector` can hold; such spaces are searched exactly. */
const maxIndexedDimensions = 2_000;

/** Name of the HNSW index of a space: one index each, as a partial index. */
export const indexName = (spaceId: number): string => `context_items_hnsw_space_${spaceId}`;

/** A space's vectors as a type of fixed dimensions: what the index is built on, and queries must write the same. */
export const indexedVector = ({ dimensions }: EmbeddingSpace): string => `(embedding::vector(${dimensions}))`;

/** The approximate index of each space. */
@Injectable()
export class VectorIndexRepository {
  constructor(private readonly database: Database) {}

  /** Whether an index of this space is built and fit for use. */
  async isReady(scope: SystemScope | WorkspaceScope, spaceId: number): Promise<boolean> {
    const rows = await scope.query(
      `SELECT 1 FROM pg_index WHERE indexrelid = to_regclass($1) AND indisvalid AND indisready`,
      [`public.${indexName(spaceId)}`],
    );
    return rows.length > 0;
  }

  /** Whether some workspace has more rows in this space than may be searched exactly. */
  async isNeeded(scope: SystemScope, spaceId: number, exactRows: number): Promise<boolean> {
    const rows = await scope.query(
      `SELECT workspace_id FROM context_items WHERE embedding_space_id = $1
       GROUP BY workspace_id HAVING count(*) > $2 LIMIT 1`,
      [spaceId, exactRows],
    );
    return rows.length > 0;
  }

  /**
   * Builds a space's index without keeping writers waiting. One builder at a time; the others return at once.
   * @returns false when another was at it, or the space cannot be indexed
   */
  async create(spaceId: number, space: EmbeddingSpace): Promise<boolean> {
    if (space.dimensions > maxIndexedDimensions) return false;
    const lock = `hashtextextended('${indexName(spaceId)}', 0)`;
    // CONCURRENTLY runs in no transaction and outlasts a statement's usual time.
    return this.database.forMaintenance(async (runner) => {
      const taken: { locked: boolean }[] = await runner.query(
        `SELECT pg_try_advisory_lock(${lock}) AS locked`,
      );
      // Given back when the connection ends.
      if (!taken[0]?.locked) return false;
      // What an interrupted build left behind is not valid and would stay so.
      await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${indexName(spaceId)}`);
      await runner.query(
        `CREATE INDEX CONCURRENTLY ${indexName(spaceId)} ON context_items
         USING hnsw (${indexedVector(space)} vector_cosine_ops) WHERE embedding_space_id = ${spaceId}`,
      );
      // From now on the planner chooses among look-ups; it must know how large the workspaces have become.
      await runner.query(`ANALYZE context_items`);
      return true;
    });
  }
}
