import { countTokens, messageText, type TokenEncoding } from '#common';
import { normaliseText } from '../ingest/content-hash.js';
import type { RankedCandidate, RecalledItem } from './candidate.js';
import type { ChatMessage } from './query-text.js';
import type { RecalledRow } from './recalled-rows.repository.js';

/** Why a candidate is in the block, or is not. */
export type DecisionReason =
  'fits' | 'over_budget' | 'below_top_k' | 'same_text' | 'in_conversation' | 'gone';

/** A candidate chosen for the answer, with the row's rank for explaining. */
export interface Selection {
  items: Map<RankedCandidate, RecalledItem>;
  /** For every candidate that was not chosen. */
  dropped: Map<RankedCandidate, DecisionReason>;
}

/**
 * Takes the best `topK` candidates, less what is there twice: equal texts (by normal form; close vectors are no proof, "prefers
 * dark mode" and "prefers light mode" are 0.96 apart), and what the conversation says itself.
 */
export function selectItems(
  ranked: RankedCandidate[],
  rows: Map<string, RecalledRow>,
  options: { topK: number; messages: ChatMessage[]; encoding?: TokenEncoding },
): Selection {
  const inConversation = conversationTest(options.messages);
  const selection: Selection = { items: new Map(), dropped: new Map() };
  const seen = new Set<string>();
  for (const candidate of ranked) {
    const row = rows.get(candidate.rowId);
    const text = row && normaliseText(row.content);
    const full = selection.items.size >= options.topK;
    if (row === undefined || text === undefined)
      selection.dropped.set(candidate, full ? 'below_top_k' : 'gone');
    else if (seen.has(text)) selection.dropped.set(candidate, 'same_text');
    else if (inConversation(text, row)) selection.dropped.set(candidate, 'in_conversation');
    else if (full) selection.dropped.set(candidate, 'below_top_k');
    else {
      seen.add(text);
      selection.items.set(candidate, toRecalled(candidate, row, options.encoding));
    }
  }
  return selection;
}

/** An item is in the conversation when a message is that text; a part, also when a message holds it. */
function conversationTest(messages: ChatMessage[]): (text: string, row: RecalledRow) => boolean {
  const said = new Set(messages.map(({ content }) => normaliseText(messageText(content))));
  const all = [...said];
  return (text, { parts }) => said.has(text) || (parts > 1 && all.some((message) => message.includes(text)));
}

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
