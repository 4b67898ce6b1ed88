import type { Client } from 'pg';
import { indexOf } from './filled-memory.js';

/** Megabytes of what recall reads. */
export interface Sizes {
  /** Items with their texts and vectors, without indexes. */
  items: number;
  /** Undefined where there is none. */
  hnsw: number | undefined;
  /** Terms with their index. */
  terms: number;
}

export async function sizesOf(db: Client, spaceId: number): Promise<Sizes> {
  const { rows } = await db.query<Record<keyof Sizes, string | null>>(
    `SELECT pg_table_size('context_items') AS items, pg_relation_size(to_regclass($1)) AS hnsw,
       pg_total_relation_size('context_terms') AS terms`,
    [indexOf(spaceId)],
  );
  const { items, hnsw, terms } = rows[0] ?? {};
  const megabytes = (bytes: string | null | undefined) => Number(bytes) / 1024 ** 2;
  return {
    items: megabytes(items),
    hnsw: typeof hnsw === 'string' ? megabytes(hnsw) : undefined,
    terms: megabytes(terms),
  };
}
