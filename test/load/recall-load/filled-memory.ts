import { setTimeout } from 'node:timers/promises';
import { Client } from 'pg';
import { AppConfig } from '#config';
import { type Product, startProduct } from '../../e2e/product.js';
import { type RunningStores, startStores } from '../../running-stores.js';
import { clientWith, newWorkspace } from '../gateway-client.js';
import { drawCentres, writeItems } from './synthetic-items.js';

/** Longest that the worker may take over its work before the measuring. */
const patienceMs = 1_800_000;
const env = { RATE_LIMIT_REQUESTS: '1000000', LOG_LEVEL: 'warn', CONTEXT_RECALL_TIMEOUT_MS: '10000' };

/** Stores with made-up items, after the worker has done what it does about them. */
export interface FilledMemory {
  stores: RunningStores;
  db: Client;
  workspaces: { id: string; key: string }[];
  /** In each workspace. */
  items: number;
  spaceId: number;
  /** Whether the workspaces are searched by the approximate index. */
  isIndexed: boolean;
  /** Starts the product on them. A gateway remembers for a minute what it knows of a workspace, a new one knows nothing. */
  start(): Promise<Product>;
  stop(): Promise<void>;
}

/** Starts stores and fills them. @param items in each workspace */
export async function fillMemory(workspaces: number, items: number): Promise<FilledMemory> {
  const stores = await startStores();
  const db = new Client(stores.databaseUrl);
  const stop = async () => {
    await db.end();
    await stores.stop();
  };
  try {
    await db.connect();
    // An index is built in memory or slowly; a vector of 384 halves takes about a kilobyte there.
    await db.query(`ALTER SYSTEM SET maintenance_work_mem = '${Math.max(64, Math.ceil(items / 600))}MB'`);
    await db.query(`SELECT pg_reload_conf()`);
    const start = () => startProduct({ ...stores, gateways: 1, env });
    const product = await start();
    try {
      const made = await makeWorkspaces(product, workspaces);
      const { rows } = await db.query<{ id: number }>(`SELECT id FROM embedding_spaces`);
      const spaceId = rows[0]?.id ?? 0;
      const loading = performance.now();
      await drawCentres(db);
      for (const { id } of made) await writeItems(db, { workspaceId: id, spaceId }, items);
      await db.query(`VACUUM ANALYZE context_items, context_terms`);
      const isIndexed = items > new AppConfig(product.env).memory.CONTEXT_EXACT_SEARCH_ROWS;
      const filled = performance.now();
      await until('term counts', db, `SELECT count(*) = 0 AS done FROM context_term_changes`);
      if (isIndexed) await until('the index', db, indexIsThere(spaceId));
      const ended = performance.now();
      console.error(
        `${workspaces} x ${items} items written in ${seconds(filled - loading)}; counts and index after ${seconds(ended - filled)} more`,
      );
      return { stores, db, workspaces: made, items, spaceId, isIndexed, start, stop };
    } finally {
      await product.stop();
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

async function makeWorkspaces(product: Product, count: number): Promise<{ id: string; key: string }[]> {
  const url = product.gateways[0]?.url ?? '';
  const made: { id: string; key: string }[] = [];
  for (let i = 0; i < count; i++) made.push(await newWorkspace(url, `load ${i}`));
  // The first recall makes the embedding space.
  await clientWith(url, made[0]?.key ?? '')('POST', '/v1/context/recall', { query: 'anything' });
  return made;
}

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`;

/** The name is the product's (libs/context-memory/src/indexing/vector-index.repository.ts). */
export const indexOf = (spaceId: number): string => `context_items_hnsw_space_${spaceId}`;

const indexIsThere = (spaceId: number): string =>
  `SELECT count(*) = 1 AS done FROM pg_index WHERE indexrelid = to_regclass('${indexOf(spaceId)}') AND indisvalid`;

async function until(what: string, db: Client, done: string): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await db.query<{ done: boolean }>(done)).rows[0]?.done) {
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}`);
    await setTimeout(1_000);
  }
}
