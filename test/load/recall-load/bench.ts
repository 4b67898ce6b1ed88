import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { type Product, startProduct } from '../../e2e/product.js';
import { startStores } from '../../running-stores.js';
import { clientWith, newWorkspace } from '../gateway-client.js';
import { quantile } from '../recall/metrics.js';
import { drawWord, wordAt, writeItems } from './synthetic-items.js';

const questions = 200;
const wordsPerQuestion = 8;
/** Longest that the worker may take over its work before the measuring. */
const patienceMs = 1_800_000;
const env = { RATE_LIMIT_REQUESTS: '1000000', LOG_LEVEL: 'warn', CONTEXT_RECALL_TIMEOUT_MS: '10000' };

/** Nothing computes vectors of such a space, so that recall goes by words alone. */
const noEmbedder = `UPDATE embedding_spaces SET provider = 'nobody'`;

async function until(what: string, done: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await done())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}`);
    await setTimeout(1_000);
  }
}

/** Asks made-up questions one after the other; @returns a row of the table */
async function measure(label: string, product: Product, key: string): Promise<string> {
  const client = clientWith(product.gateways[0]?.url ?? '', key);
  const seen: { client: number; search: number; how: string }[] = [];
  for (let i = 0; i < questions; i++) {
    const query = Array.from({ length: wordsPerQuestion }, () => wordAt(drawWord())).join(' ');
    const start = performance.now();
    const { explain } = await client('POST', '/v1/context/recall', { query, explain: true });
    seen.push({ client: performance.now() - start, search: explain.timings_ms.search, how: explain.search });
  }
  const figures = (['search', 'client'] as const).flatMap((of) => {
    const ms = seen.map((one) => one[of]);
    return [0, 0.5, 0.95].map((share) => quantile(ms, share).toFixed(1));
  });
  const how = [...new Set(seen.map((one) => one.how))].join(' ');
  return `| ${[label, how, ...figures].join(' | ')} |`;
}

/** Fills one workspace, waits for what the worker does about it, and measures both legs together and words alone. */
async function run(items: number): Promise<void> {
  const stores = await startStores();
  const db = new Client(stores.databaseUrl);
  try {
    const start = () => startProduct({ ...stores, gateways: 1, env });
    let product = await start();
    try {
      const url = product.gateways[0]?.url ?? '';
      const { id, key } = await newWorkspace(url, 'load');
      // The first recall makes the embedding space.
      await clientWith(url, key)('POST', '/v1/context/recall', { query: 'anything' });
      await db.connect();
      const { rows } = await db.query(`SELECT id FROM embedding_spaces`);
      const loading = performance.now();
      await writeItems(db, id, rows[0].id, items);
      console.error(`${items} items written in ${Math.round((performance.now() - loading) / 1_000)} s`);
      await until(
        'term counts',
        async () => (await db.query(`SELECT FROM context_term_changes LIMIT 1`)).rowCount === 0,
      );
      const index = `SELECT FROM pg_index WHERE indexrelid = to_regclass($1) AND indisvalid`;
      const name = `context_items_hnsw_space_${rows[0].id}`;
      if (items > 20_000)
        await until('the index', async () => (await db.query(index, [name])).rowCount === 1);
      console.error('the worker has added up the counts and built the index');
      await product.stop();
      // A gateway remembers for a minute that there was no index.
      product = await start();
      const both = await measure('both legs', product, key);
      await product.stop();
      await db.query(noEmbedder);
      product = await start();
      const words = await measure('words alone', product, key);
      console.log(
        `${items} items in one workspace, 384 dimensions, ${questions} questions of ${wordsPerQuestion} words, one at a time\n`,
      );
      console.log('| recall | vectors | search, best ms | p50 | p95 | client, best ms | p50 | p95 |');
      console.log(['| --- | --- | --- | --- | --- | --- | --- | --- |', both, words].join('\n'));
    } finally {
      await product.stop();
    }
  } finally {
    await db.end();
    await stores.stop();
  }
}

const { values } = parseArgs({ options: { items: { type: 'string', default: '100000' } } });
await run(Number(values.items));
