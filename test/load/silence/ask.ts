import type { GatewayClient } from '../gateway-client.js';
import type { Corpus, Question } from '../recall/collection.js';
import type { Stored } from '../recall/store-corpus.js';

/** Who asks what of whom. */
export interface Setting {
  collection: string;
  split: Corpus['split'];
  /** `own`: its answer is stored there; `other`: it belongs to another store; `everyday`: nobody stored anything about it. */
  kind: 'own' | 'other' | 'everyday';
}

/** One question, and what its workspace had for it. */
export interface Asked extends Setting {
  similarity: number;
  words: number;
  among: number;
  /** Whether an answer is among the first ten: where there is none, silence costs nothing. */
  found: boolean;
}

/** Asks questions of one workspace, and notes what speaks for it knowing something. */
export async function askAll(
  client: GatewayClient,
  setting: Setting,
  questions: Question[],
  stored: Map<string, Stored>,
): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (const { text, gold } of questions) {
    const answer = await client('POST', '/v1/context/recall', { query: text, explain: true });
    if (answer.degraded.length > 0) throw new Error(`Recall went without ${answer.degraded.join()}`);
    const items: { id: string }[] = answer.items;
    const found = items.some(({ id }) => gold.has(stored.get(id)?.name ?? ''));
    asked.push({ ...setting, ...answer.explain.evidence, found: setting.kind === 'own' && found });
  }
  return asked;
}
