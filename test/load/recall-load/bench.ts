import { parseArgs } from 'node:util';
import type { Product } from '../../e2e/product.js';
import { type FilledMemory, fillMemory } from './filled-memory.js';
import { nearestFound } from './nearest-items.js';
import { rareItems } from './rare-items.js';
import { type Measured, report } from './report.js';
import { searchTimes } from './search-times.js';
import { sizesOf } from './sizes.js';

/** Nothing computes vectors of such a space, so that recall goes by words alone. */
const noEmbedder = `UPDATE embedding_spaces SET provider = 'nobody'`;

/** Fills stores of their own with made-up items, and measures recall over both legs and by words alone. */
async function measure(workspaces: number, items: number): Promise<Measured> {
  const memory = await fillMemory(workspaces, items);
  try {
    const whole = await withProduct(memory, async (product) => ({
      both: await searchTimes(product, memory.workspaces),
      rare: await rareItems(product, memory),
      nearestFound: memory.isIndexed ? await nearestFound(memory, product.env) : undefined,
    }));
    await memory.db.query(noEmbedder);
    const wordsAlone = await withProduct(memory, (product) => searchTimes(product, memory.workspaces));
    return { workspaces, items, ...whole, wordsAlone, sizes: await sizesOf(memory.db, memory.spaceId) };
  } finally {
    await memory.stop();
  }
}

async function withProduct<T>(memory: FilledMemory, work: (product: Product) => Promise<T>): Promise<T> {
  const product = await memory.start();
  try {
    return await work(product);
  } finally {
    await product.stop();
  }
}

const { values } = parseArgs({
  options: {
    items: { type: 'string', default: '1000,10000,100000' },
    workspaces: { type: 'string', default: '1' },
  },
});
const measured: Measured[] = [];
for (const items of values.items.split(',')) {
  measured.push(await measure(Number(values.workspaces), Number(items)));
}
console.log(report(measured));
