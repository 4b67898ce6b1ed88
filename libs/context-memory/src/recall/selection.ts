import { countTokens, type TokenEncoding } from '#common';
import { normaliseText } from '../ingest/content-hash.js';
import type { RankedCandidate, RecalledItem } from './candidate.js';
import { saidIn } from './conversation.js';
import type { RecallPlan } from './recall-request.js';
import type { RecalledRow } from './recalled-rows.repository.js';

/** Why a candidate is in the block, or is not. */
export type DecisionReason =
  'fits' | 'over_budget' | 'below_top_k' | 'same_text' | 'in_conversation' | 'gone' | 'not_relevant';

/** A candidate chosen for the answer, with the row's rank for explaining. */
export interface Selection {
  items: Map<RankedCandidate, RecalledItem>;
  /** For every candidate that was not chosen. */
  dropped: Map<RankedCandidate, DecisionReason>;
}

/**
 * Takes the best `topK` candidates, less what is there twice: equal texts (by normal form; close vectors are no proof, "prefers
 * dark mode" and "prefers light mode" are 0.96 apart), what the block before says, and what the conversation says itself.
 */
export function selectItems(
  ranked: RankedCandidate[],
  rows: Map<string, RecalledRow>,
  options: Pick<RecallPlan, 'topK' | 'messages' | 'said' | 'behind' | 'encoding'>,
): Selection {
  const isSaid = saidIn(options.messages);
  const selection: Selection = { items: new Map(), dropped: new Map() };
  const seen = new Set(options.behind.map(({ content }) => normaliseText(content)));
  for (const candidate of ranked) {
    const row = rows.get(candidate.rowId);
    const text = row && normaliseText(row.content);
    const full = selection.items.size >= options.topK;
    if (options.said.has(candidate.contentHash)) selection.dropped.set(candidate, 'in_conversation');
    else if (row === undefined || text === undefined)
      selection.dropped.set(candidate, full ? 'below_top_k' : 'gone');
    else if (seen.has(text)) selection.dropped.set(candidate, 'same_text');
    else if (isSaid(row.content)) selection.dropped.set(candidate, 'in_conversation');
    else if (full) selection.dropped.set(candidate, 'below_top_k');
    else {
      seen.add(text);
      selection.items.set(candidate, toRecalled(candidate, row, options.encoding));
    }
  }
  return selection;
}

/** Nothing, because nothing that was found is likely to be of use. */
export const silence = (ranked: RankedCandidate[]): Selection => ({
  items: new Map(),
  dropped: new Map(ranked.map((candidate) => [candidate, 'not_relevant'])),
});

function toRecalled(candidate: RankedCandidate, row: RecalledRow, encoding?: TokenEncoding): RecalledItem {
  const { dense, lexical, final } = candidate.scores;
  return {
    id: candidate.itemId,
    title: row.title,
    content: row.content,
    metadata: row.metadata,
    kind: row.kind,
    session: candidate.session,
    createdAt: candidate.createdAt,
    version: row.version,
    score: final,
    scores: { dense, lexical },
    tokens: countTokens(row.content, encoding),
    ...(candidate.documentId !== null && {
      part: { position: candidate.position, of: row.parts, ...(row.page !== null && { page: row.page }) },
    }),
  };
}
