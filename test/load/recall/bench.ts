import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startProduct } from '../../e2e/product.js';
import { startStores } from '../../running-stores.js';
import { askAll } from './ask.js';
import { clientWith, newWorkspace } from '../gateway-client.js';
import { readCollection } from './read-collection.js';
import { report } from './report.js';
import { storeCorpus } from './store-corpus.js';

/** Hundreds of questions in a row are no misuse here. */
const env = {
  RATE_LIMIT_REQUESTS: '1000000',
  LOG_LEVEL: 'warn',
  MODELS_DIR: join(process.cwd(), '.data/models'),
};

/** Stores a collection through the public API of a product of its own, asks its questions, and prints how well they were answered. */
async function run(path: string): Promise<void> {
  const collection = await readCollection(path);
  const stores = await startStores();
  try {
    const { databaseUrl, redisUrl } = stores;
    const pool: Record<string, string> = stores.kind === 'real' ? {} : { DATABASE_POOL_SIZE: '2' };
    const product = await startProduct({ databaseUrl, redisUrl, gateways: 1, env: { ...env, ...pool } });
    try {
      const url = product.gateways[0]?.url ?? '';
      const asked = [];
      for (const [i, corpus] of collection.corpora.entries()) {
        const { key } = await newWorkspace(url, `${collection.name} ${i + 1}`);
        const client = clientWith(url, key);
        const stored = await storeCorpus(client, corpus);
        console.error(`${collection.name} ${i + 1}: ${stored.size} texts stored and embedded`);
        asked.push(...(await askAll(client, corpus, stored)));
        console.error(`${collection.name} ${i + 1}: ${corpus.questions.length} questions asked`);
      }
      console.log(report(collection.name, asked));
    } finally {
      await product.stop();
    }
  } finally {
    await stores.stop();
  }
}

const { values } = parseArgs({ options: { data: { type: 'string' } } });
if (values.data === undefined) throw new Error('Say where the data is: npm run bench:recall -- --data PATH');
await run(values.data);
