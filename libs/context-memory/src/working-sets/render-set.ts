import { countTokens, type TokenEncoding } from '#common';
import { contentHash, normaliseText } from '../ingest/content-hash.js';
import { renderEntry } from '../packing/fence.js';
import { fenceTokens, packContext, summaryTokens } from '../packing/packing.js';
import { saidHashes, saidIn } from '../recall/conversation.js';
import type { ChatMessage } from '../recall/query-text.js';
import type { SetSummary } from './set-summary.js';
import type { WantedPart } from './wanted-part.js';
import { denserFirst, mostValue } from './knapsack.js';
import type { DroppedPart, DropReason, RenderedSet, WeighedPart } from './rendered-set.js';

/** For whom a set is rendered. */
export interface RenderOptions {
  tokenBudget: number;
  /** Vocabulary of the model that will read the block. */
  encoding?: TokenEncoding;
  /** What the client has already: it is not given again. */
  messages?: ChatMessage[];
  /** Of what may not fit. */
  summary?: SetSummary;
}

/**
 * Packs what a set wants: a summary if something is left out and it fits; pins in their order, as far as they fit; then the most
 * value under what is left of the budget (see mostValue). It depends on nothing but its arguments, so the same items give the
 * same bytes.
 * @param wanted pins first, in their order
 */
export function renderSet(wanted: WantedPart[], options: RenderOptions): RenderedSet {
  const { tokenBudget, encoding, summary } = options;
  const dropped: DroppedPart[] = [];
  const weighed = weighWanted(wanted, options, dropped);
  const ofSummary = summary && summaryTokens(summary, encoding);
  const { chosen, leavesRoom } = chooseParts(weighed, tokenBudget - fenceTokens(encoding), ofSummary);
  const put = leavesRoom ? summary : undefined;
  const { block, packed, isSummarised } = packContext(chosen, tokenBudget, encoding, 1, put);
  for (const part of weighed) if (!packed.has(part)) dropped.push({ ...part, reason: 'over_budget' });
  const isIn = chosen.filter((part) => packed.has(part));
  return { block, packed: isIn, dropped, ...(isSummarised && { summary: put }) };
}

/** What of a set may go in, each row once, with its tokens. @param dropped told of the rest, and why */
export function weighWanted(
  wanted: WantedPart[],
  { encoding, messages = [] }: Pick<RenderOptions, 'encoding' | 'messages'>,
  dropped: DroppedPart[],
): WeighedPart[] {
  const usable = withoutWaste(oncePerRow(wanted), messages, dropped);
  return usable.map((part) => weigh(part, usable.length, encoding));
}

/** What is wanted twice stands where it was wanted first, and is worth both. */
function oncePerRow(wanted: WantedPart[]): WantedPart[] {
  const rows = new Map<string, WantedPart>();
  for (const part of wanted) {
    const key = `${part.id}:${part.part?.position ?? 0}`;
    const first = rows.get(key);
    rows.set(key, first ? { ...first, value: first.value + part.value } : part);
  }
  return [...rows.values()];
}

/** Leaves out what is no more, and what the reader would be told twice. */
function withoutWaste(wanted: WantedPart[], messages: ChatMessage[], dropped: DroppedPart[]): WantedPart[] {
  const hashes = saidHashes(messages);
  const isQuoted = saidIn(messages);
  const seen = new Set<string>();
  return wanted.filter((part) => {
    const text = normaliseText(part.content);
    const reason = reasonAgainst(
      part,
      seen.has(text),
      () => hashes.has(contentHash(part.content)) || isQuoted(part.content),
    );
    if (reason) dropped.push({ ...part, reason });
    else seen.add(text);
    return reason === undefined;
  });
}

function reasonAgainst(
  { state, isBeyond }: WantedPart,
  isTold: boolean,
  isSaid: () => boolean,
): DropReason | undefined {
  if (state !== 'present') return state;
  if (isBeyond) return 'over_budget';
  if (isTold) return 'same_text';
  return isSaid() ? 'in_conversation' : undefined;
}

/** @param highest the largest number that an entry may get */
const weigh = (part: WantedPart, highest: number, encoding?: TokenEncoding): WeighedPart => ({
  ...part,
  weight: countTokens(`${renderEntry(part, highest)}\n\n`, encoding),
});

/**
 * What goes in: pins first, in order, then the rest, the densest first.
 * @param ofSummary tokens of a summary; its room is set aside first, but only where something is left out
 * @returns also whether it was
 */
export function chooseParts(
  wanted: WeighedPart[],
  room: number,
  ofSummary?: number,
): { chosen: WeighedPart[]; leavesRoom: boolean } {
  const total = wanted.reduce((sum, { weight }) => sum + weight, 0);
  const leavesRoom = ofSummary !== undefined && ofSummary <= room && total > room;
  let left = leavesRoom ? room - ofSummary : room;
  const pins = wanted.filter(({ wantedBy, weight }) => {
    if (wantedBy !== 'pinned' || weight > left) return false;
    left -= weight;
    return true;
  });
  const others = wanted.filter(({ wantedBy }) => wantedBy !== 'pinned');
  return { chosen: [...pins, ...mostValue(others, left).toSorted(denserFirst)], leavesRoom };
}
