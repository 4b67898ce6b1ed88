import type { ContextBlock } from '../packing/packing.js';
import type { RankedCandidate, RecalledItem } from './candidate.js';
import type { DecisionReason } from './selection.js';

/** Parts of recall that were away: it went on without them. */
export type Degradation = 'dense';

export interface RecallResult {
  /** Best first, at most `topK`. */
  items: RecalledItem[];
  /** Those of the items that fit the budget, ready to be put into a prompt. */
  context: ContextBlock;
  /** The items in the block, best first: what a receipt lists. */
  packed: RecalledItem[];
  degraded: Degradation[];
  explanation: RecallExplanation;
}

export interface RecallExplanation {
  /** How the dense leg searched; `none` without vectors. */
  search: 'exact' | 'hnsw' | 'none';
  candidates: CandidateExplanation[];
  timingsMs: { embed: number; search: number; pack: number; total: number };
}

export interface CandidateExplanation {
  id: string;
  /** Place in its text, for a text that was split. */
  position: number | undefined;
  ranks: RankedCandidate['ranks'];
  scores: RankedCandidate['scores'];
  decision: 'packed' | 'dropped';
  reason: DecisionReason;
}

export const emptyBlock: ContextBlock = { text: '', tokens: 0, citations: [] };
