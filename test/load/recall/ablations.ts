import type { Candidate } from '../../../libs/context-memory/src/recall/candidate.js';
import { rank } from '../../../libs/context-memory/src/recall/fusion.js';
import { rankingWeights as defaults } from '../../../libs/context-memory/src/recall/ranking.js';
import type { Stored } from './store-corpus.js';

/** A candidate as `explain` describes it. */
export interface Explained {
  id: string;
  position?: number;
  ranks: { dense: number | null };
  scores: { dense: number; words: number; lexical: number };
}

/** A way to rank what both legs found. */
export interface Ablation {
  name: string;
  weights: Partial<typeof defaults>;
  /** Words of the turn before count. */
  previous?: boolean;
}

/** Each adds one thing to the one above it, but for the two legs alone. */
export const ablations: Ablation[] = [
  { name: 'dense alone', weights: { dense: 1, lexical: 0, neighbour: 0, part: 0 } },
  { name: 'BM25 alone', weights: { dense: 0, lexical: 1, neighbour: 0, part: 0 } },
  { name: 'fusion', weights: { neighbour: 0, part: 0 } },
  { name: '+ neighbours', weights: {} },
  { name: '+ turn before', weights: {}, previous: true },
];

/**
 * The candidates of an answer ranked anew by the product's own function with other weights. Their scores in each leg are already
 * scaled, which scaling again does not change.
 * @returns names of texts, best first
 */
export function rerank(candidates: Explained[], stored: Map<string, Stored>, ablation: Ablation): string[] {
  const rows = candidates.map(({ id, position, ranks, scores }): Candidate => {
    const isPart = position !== undefined;
    return {
      rowId: `${id}:${position ?? 0}`,
      itemId: id,
      documentId: isPart ? id : null,
      position: position ?? 0,
      contentHash: '',
      session: stored.get(id)?.session ?? null,
      sessionPosition: stored.get(id)?.sessionPosition ?? null,
      importance: 0.5,
      createdAt: new Date(0),
      dense: ranks.dense === null ? null : scores.dense,
      words: scores.words,
      lexical: ablation.previous ? scores.lexical : scores.words,
    };
  });
  const ranked = rank(rows, Date.now(), { ...defaults, ...ablation.weights });
  return ranked.map(({ itemId }) => stored.get(itemId)?.name ?? '');
}
