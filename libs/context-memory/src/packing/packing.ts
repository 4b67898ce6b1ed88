import { countTokens, type TokenEncoding } from '#common';
import {
  type FencedItem,
  type FencedSummary,
  renderContextBlock,
  renderEntry,
  renderSummary,
} from './fence.js';

/** An item that may go into the block. */
export interface PackableItem extends FencedItem {
  id: string;
}

/** Recalled text, ready to be put into a prompt; empty when nothing fits. */
export interface ContextBlock {
  text: string;
  /** Of the whole text, fence included, by the vocabulary it was packed for. */
  tokens: number;
  citations: { number: number; id: string; title: string | null }[];
}

/**
 * Packs whole items, the best first, into a block of at most `budget` tokens, fence and citation lines included. One that
 * does not fit is passed over for smaller ones after it.
 *
 * @param ranked best first
 * @param first the number of the first entry
 * @param summary goes in before all items; what it takes is the items' no more
 * @returns the block, in reading order, the items in it, and whether the summary is
 */
export function packContext<Item extends PackableItem>(
  ranked: Item[],
  budget: number,
  encoding?: TokenEncoding,
  first = 1,
  summary?: FencedSummary,
): { block: ContextBlock; packed: Set<Item>; isSummarised: boolean } {
  let chosen: Item[] = [];
  let tokens = ranked.length === 0 && !summary ? 0 : fenceTokens(encoding);
  if (summary) tokens += summaryTokens(summary, encoding);
  for (const item of ranked) {
    // Numbered as if it came last, which may be a digit more than its number in the block.
    const added = countTokens(`${renderEntry(item, first + ranked.length - 1)}\n\n`, encoding);
    if (tokens + added > budget) continue;
    chosen.push(item);
    tokens += added;
  }
  // Tokens may merge or split where entries join; the count of the whole decides.
  let head = summary;
  let block = blockOf(chosen, encoding, first, head);
  while (block.tokens > budget) {
    if (chosen.length === 0) head = undefined;
    chosen = chosen.slice(0, -1);
    block = blockOf(chosen, encoding, first, head);
  }
  return { block, packed: new Set(chosen), isSummarised: head !== undefined };
}

function blockOf(
  chosen: PackableItem[],
  encoding: TokenEncoding | undefined,
  first: number,
  summary?: FencedSummary,
): ContextBlock {
  const items = chosen.toSorted(inReadingOrder);
  const text = renderContextBlock(items, first, summary);
  return {
    text,
    tokens: countTokens(text, encoding),
    citations: items.map(({ id, title }, i) => ({ number: first + i, id, title })),
  };
}

/** What came first is read first; parts of one text follow each other. */
function inReadingOrder(a: PackableItem, b: PackableItem): number {
  const byTime = a.createdAt.getTime() - b.createdAt.getTime();
  if (byTime !== 0) return byTime;
  if (a.id !== b.id) return a.id < b.id ? -1 : 1;
  return (a.part?.position ?? 0) - (b.part?.position ?? 0);
}

const emptyItem: FencedItem = { title: null, content: '', kind: '', createdAt: new Date(0) };

/** Tokens of the fence alone: a block of one empty entry, less the entry. */
export const fenceTokens = (encoding?: TokenEncoding): number =>
  countTokens(renderContextBlock([emptyItem]), encoding) - countTokens(renderEntry(emptyItem, 1), encoding);

/** Tokens that a summary takes of a block's. */
export const summaryTokens = (summary: FencedSummary, encoding?: TokenEncoding): number =>
  countTokens(`${renderSummary(summary)}\n\n`, encoding);
