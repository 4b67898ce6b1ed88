import { countTokens, type TokenEncoding } from '#common';
import { type FencedItem, renderContextBlock, renderEntry } from './fence.js';

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
 * @returns the block, in reading order, and the items in it
 */
export function packContext<Item extends PackableItem>(
  ranked: Item[],
  budget: number,
  encoding?: TokenEncoding,
  first = 1,
): { block: ContextBlock; packed: Set<Item> } {
  let chosen: Item[] = [];
  let tokens = ranked.length === 0 ? 0 : fenceTokens(encoding);
  for (const item of ranked) {
    // Numbered as if it came last, which may be a digit more than its number in the block.
    const added = countTokens(`${renderEntry(item, first + ranked.length - 1)}\n\n`, encoding);
    if (tokens + added > budget) continue;
    chosen.push(item);
    tokens += added;
  }
  // Tokens may merge or split where entries join; the count of the whole decides.
  let block = blockOf(chosen, encoding, first);
  while (block.tokens > budget) {
    chosen = chosen.slice(0, -1);
    block = blockOf(chosen, encoding, first);
  }
  return { block, packed: new Set(chosen) };
}

function blockOf(chosen: PackableItem[], encoding: TokenEncoding | undefined, first: number): ContextBlock {
  const items = chosen.toSorted(inReadingOrder);
  const text = renderContextBlock(items, first);
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
