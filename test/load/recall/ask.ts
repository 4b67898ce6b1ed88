import { ablations, rerank } from './ablations.js';
import type { Corpus } from './collection.js';
import type { GatewayClient } from '../gateway-client.js';
import { ndcgAt, recallAt } from './metrics.js';
import type { Stored } from './store-corpus.js';

/** Places at which recall is read. */
export const places = [5, 10, 25, 50];
/** The ranking that the product itself gives. */
export const asAnswered = 'as answered';

/** How one ranking of one question did: recall at each of the places, then nDCG@10. */
export type Outcome = number[];

/** What came of one question. */
export interface Asked {
  split: Corpus['split'];
  category: string;
  /** By the name of the ranking. */
  outcomes: Map<string, Outcome>;
  /** Of a recall with default settings, at the client. */
  ms: number;
  /** Of the block that such a recall packs. */
  tokens: number;
}

/** Asks every question twice: for the ranking, and as clients do, for the time and the tokens that takes. */
export async function askAll(
  client: GatewayClient,
  { split, questions }: Corpus,
  stored: Map<string, Stored>,
): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (const { text, category, gold } of questions) {
    const wide = await client('POST', '/v1/context/recall', { query: text, top_k: 100, explain: true });
    if (wide.degraded.length > 0) throw new Error(`Recall went without ${wide.degraded.join()}`);
    const judge = (ranking: string[]): Outcome => [
      ...places.map((k) => recallAt(k, ranking, gold)),
      ndcgAt(10, ranking, gold),
    ];
    const outcomes = new Map(
      ablations.map((ablation) => [ablation.name, judge(rerank(wide.explain.candidates, stored, ablation))]),
    );
    const answered: { id: string }[] = wide.items;
    outcomes.set(asAnswered, judge(answered.map(({ id }) => stored.get(id)?.name ?? '')));
    const start = performance.now();
    const usual = await client('POST', '/v1/context/recall', { query: text });
    const ms = performance.now() - start;
    asked.push({ split, category, outcomes, ms, tokens: usual.context.tokens });
  }
  return asked;
}
