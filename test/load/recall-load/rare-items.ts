import type { Product } from '../../e2e/product.js';
import { clientWith } from '../gateway-client.js';
import type { FilledMemory } from './filled-memory.js';
import { rareEvery, words } from './synthetic-items.js';

const asked = 10;
const questions = 20;

/**
 * Asks for ten items behind a filter that keeps one in a hundred. @returns how many came
 * @throws when a question had fewer than that, or than there are, or one that the filter leaves out
 */
export async function rareItems(product: Product, memory: FilledMemory): Promise<string> {
  const wanted = Math.min(asked, Math.ceil(memory.items / rareEvery));
  for (let i = 0; i < questions; i++) {
    const { key } = memory.workspaces[i % memory.workspaces.length] ?? { key: '' };
    const { items } = await clientWith(product.gateways[0]?.url ?? '', key)('POST', '/v1/context/recall', {
      query: words(8),
      top_k: asked,
      filter: { rare: true },
    });
    const kept = items.filter(({ metadata }: { metadata: { rare: boolean } }) => metadata.rare).length;
    if (items.length !== wanted || kept !== wanted)
      throw new Error(`${wanted} items were to come behind the filter, ${kept} of ${items.length} did`);
  }
  return `${wanted} of ${wanted}`;
}
