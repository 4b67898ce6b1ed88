import { Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { Database, type SystemScope, type WorkspaceScope } from '#database';
import type { EmbeddingSpace } from '../embedding/embedder.port.js';

/** Tables that hold vectors, each with the column that says of which space. */
const spaceColumn = { context_items: 'embedding_space_id', context_vectors: 'space_id' } as const;

/** Where vectors are: in the rows of items, or beside them. A space's may be in both while it moves in. */
export type VectorTable = keyof typeof spaceColumn;

export const vectorTables: readonly VectorTable[] = ['context_items', 'context_vectors'];

/** A space whose vectors can be indexed. */
export type IndexedSpace = EmbeddingSpace & { id: number };

/** Name of the HNSW index of a space in a table: a partial index each. */
const indexName = (table: VectorTable, spaceId: number): string => `${table}_hnsw_space_${spaceId}`;

/**
 * An expression of fixed dimensions: what an index is built on, and queries must write the same. Numbers of
 * half the bytes take nearly half of an index's memory away and a thousandth of its recall (docs/adr/0011-embedding-spaces.md).
 * @param vector SQL of type vector
 */
export const indexedVector = (vector: string, { dimensions }: Pick<EmbeddingSpace, 'dimensions'>): string =>
  `(${vector}::halfvec(${dimensions}))`;

/** The approximate indexes of spaces. */
@Injectable()
export class VectorIndexRepository {
  constructor(private readonly database: Database) {}

  /** Whether an index of this space is built and fit for use. */
  async isReady(
    scope: SystemScope | WorkspaceScope,
    table: VectorTable,
    { id }: IndexedSpace,
  ): Promise<boolean> {
    const rows = await scope.query(
      `SELECT 1 FROM pg_index WHERE indexrelid = to_regclass($1) AND indisvalid AND indisready`,
      [`public.${indexName(table, id)}`],
    );
    return rows.length > 0;
  }

  /** Whether some workspace has more rows of this space there than may be searched exactly. */
  async isNeeded(
    scope: SystemScope,
    table: VectorTable,
    { id }: IndexedSpace,
    exactRows: number,
  ): Promise<boolean> {
    const rows = await scope.query(
      `SELECT workspace_id FROM ${table} WHERE ${spaceColumn[table]} = $1
       GROUP BY workspace_id HAVING count(*) > $2 LIMIT 1`,
      [id, exactRows],
    );
    return rows.length > 0;
  }

  /**
   * Builds an index without keeping writers waiting. One builder at a time; the others return at once.
   * @returns false when another was at it
   */
  create(table: VectorTable, space: IndexedSpace): Promise<boolean> {
    const name = indexName(table, space.id);
    return this.alone(name, async (runner) => {
      // What an interrupted build left behind is not valid and would stay so.
      await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
      await runner.query(
        `CREATE INDEX CONCURRENTLY ${name} ON ${table}
         USING hnsw (${indexedVector('embedding', space)} halfvec_cosine_ops) WHERE ${spaceColumn[table]} = ${space.id}`,
      );
      // From now on the planner chooses among look-ups; it must know how large the workspaces have become.
      await runner.query(`ANALYZE ${table}`);
    });
  }

  /** Drops the indexes of a space, if there are any. */
  async drop(spaceId: number): Promise<void> {
    for (const table of vectorTables) {
      const name = indexName(table, spaceId);
      const exists = await this.database.asSystem((scope) =>
        scope.query(`SELECT 1 FROM pg_class WHERE oid = to_regclass($1)`, [`public.${name}`]),
      );
      if (exists.length === 0) continue;
      await this.alone(name, (runner) => runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`));
    }
  }

  /** CONCURRENTLY runs in no transaction and outlasts a statement's usual time. @returns whether it was our turn */
  private alone(name: string, work: (runner: QueryRunner) => Promise<unknown>): Promise<boolean> {
    return this.database.forMaintenance(async (runner) => {
      const taken: { locked: boolean }[] = await runner.query(
        `SELECT pg_try_advisory_lock(hashtextextended('${name}', 0)) AS locked`,
      );
      // Given back when the connection ends.
      if (!taken[0]?.locked) return false;
      await work(runner);
      return true;
    });
  }
}
