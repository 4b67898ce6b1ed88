import type { ContextBlock } from '../packing/packing.js';
import type { FoundCandidates } from './candidate-search.js';
import type { RankedCandidate, RecalledItem } from './candidate.js';
import type { Evidence } from './relevance.js';
import type { DecisionReason } from './selection.js';

/**
 * What recall went on without: `dense`, the whole leg by meaning; `dense_fallback`, the embedder of the space that the
 * workspace is read by, in whose place a local space answered.
 */
export type Degradation = 'dense' | 'dense_fallback';

/** What one recall found, and why. */
export interface RecallResult {
  /** Best first, at most `topK`. */
  items: RecalledItem[];
  /** Those of the items that fit the budget, ready to be put into a prompt. */
  context: ContextBlock;
  /** The items in the block, best first: what a receipt lists. */
  packed: RecalledItem[];
  degraded: Degradation[];
  /** How likely it is that the workspace knows something of it, 0 to 1; undefined where nobody can tell. */
  relevance: number | undefined;
  explanation: RecallExplanation;
}

/** How it was found, for who asks why. */
export interface RecallExplanation {
  search: FoundCandidates['search'];
  evidence: Evidence;
  /** The space whose vectors were compared, `local/gte-small-int8@384`; null without vectors. */
  space: string | null;
  /** Best first, those that were dropped included. */
  candidates: CandidateExplanation[];
  /** Milliseconds, with fractions. */
  timingsMs: { embed: number; search: number; pack: number; total: number };
}

/** Where one candidate came out, and what became of it. */
export interface CandidateExplanation {
  /** Of the item. */
  id: string;
  /** Place in its text, for a text that was split. */
  position: number | undefined;
  ranks: RankedCandidate['ranks'];
  scores: RankedCandidate['scores'];
  decision: 'packed' | 'dropped';
  reason: DecisionReason;
}

/** Nothing recalled, or nothing that fits. */
export const emptyBlock: ContextBlock = { text: '', tokens: 0, citations: [] };
