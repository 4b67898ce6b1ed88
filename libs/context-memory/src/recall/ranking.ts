import type { Bm25Settings } from './bm25.js';

/** How much each thing counts in a ranking. */
export interface RankingWeights {
  dense: number;
  lexical: number;
  /** Share of the better neighbour's score that a turn gets. */
  neighbour: number;
  /** The same for a part of a document. Less: the whole document would gain on texts that stand alone. */
  part: number;
  /** Importance 0 and 1 take and give half of this share. */
  importance: number;
  /** What is new gains this share, half of it after `recencyHalfLifeDays`. */
  recency: number;
  recencyHalfLifeDays: number;
}

/** How words are counted. */
export interface WordSettings extends Bm25Settings {
  /** What one word of the turn before counts beside one of the turn itself. */
  previous: number;
  /** What a word as it was written counts beside a stem. */
  exact: number;
}

/**
 * The weights of every recall; another set is for tests and experiments. Chosen with gte-small on turns of LoCoMo (Maharana et al.
 * 2024, https://arxiv.org/abs/2402.17753), conversations 1 to 3; 4 and 5 were printed beside them and not chosen by (ADR 10).
 * Importance and age, which no figure chose, move a score by some per cent; nothing here leaves anything out.
 */
export const rankingWeights: RankingWeights = {
  dense: 0.6,
  lexical: 0.4,
  neighbour: 0.5,
  part: 0.1,
  importance: 0.2,
  recency: 0.05,
  recencyHalfLifeDays: 30,
};

/** Chosen in the same way. */
export const wordSettings: WordSettings = { k1: 1.2, b: 0.4, previous: 0.5, exact: 0.3 };

/** How much of its score a text loses that says again what stands above it (see diversity.ts). */
export const redundancyWeight = 0.3;
