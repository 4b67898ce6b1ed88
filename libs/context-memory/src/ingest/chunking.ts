import { estimateTokens } from '#common';
import { codeBlocksOf } from './code-blocks.js';
import { type Block, blocksOf } from './text-blocks.js';
import type { TextFormat } from './text-format.js';

/** Tokens (estimated) of one part. The local model reads 256; the rest is room for title and headings. */
export const partTokens = 200;

/** One part of a text, in reading order. */
export interface TextPart {
  content: string;
  /** The Markdown headings above it, `Guide › Install`, or the definition that a piece of code is in. */
  heading?: string;
  /** On which it begins, from 1; of a text with form feeds between its pages. */
  page?: number;
}

/**
 * Splits a text where a reader would: between pages, before headings and definitions, between paragraphs, then lines, sentences,
 * words; a code fence stays whole where it fits. Linear in the text. The parts, joined, hold every character of the text that is not white space, and
 * none is over `limit` by estimateTokens.
 */
export function splitText(text: string, format: TextFormat, limit = partTokens): TextPart[] {
  const packer = new PartPacker(limit);
  const blocks = format === 'code' ? codeBlocksOf(text) : blocksOf(text, format);
  for (const block of blocks) packer.add(block);
  return packer.finish();
}

/** Fills parts with whole blocks, in order; only a block that fits no part is cut. */
class PartPacker {
  private readonly parts: TextPart[] = [];
  private content = '';
  private tokens = 0;
  private heading: string | undefined;
  private page: number | undefined;

  constructor(private readonly limit: number) {}

  add(block: Block): void {
    if (block.page !== this.page) this.flush();
    // A new section begins a new part, unless the one before is too small to stand alone.
    if (block.startsSection && this.tokens > this.limit / 4) this.flush();
    for (const piece of this.fitting(block.text)) {
      const tokens = costOf(piece);
      if (this.tokens + tokens > this.limit) this.flush();
      if (this.content === '') ({ heading: this.heading, page: this.page } = block);
      this.content += piece;
      this.tokens += tokens;
    }
  }

  finish(): TextPart[] {
    this.flush();
    return this.parts;
  }

  private fitting(text: string): string[] {
    return estimateTokens(text) <= this.limit ? [text] : divide(text, this.limit, 0);
  }

  private flush(): void {
    const content = this.content.trim();
    const { heading, page } = this;
    if (content !== '') this.parts.push({ content, ...(heading && { heading }), ...(page && { page }) });
    this.content = '';
    this.tokens = 0;
  }
}

/** Ever finer cuts; each leaves the separator on the piece before it, so that the pieces joined are the text. */
const cuts: readonly RegExp[] = [
  /[^\n]*\n|[^\n]+$/g,
  // A sentence ends at its mark and the space after it; CJK marks need no space.
  /[\s\S]+?(?:[.!?]["')\]]*\s+|[。！？]+\s*|$)/g,
  /\S*\s+|\S+$/g,
];

/** Pieces of a text, each within the limit, cut no finer than it takes. */
function divide(text: string, limit: number, level: number): string[] {
  const cut = cuts[level];
  if (!cut) return divideRun(text, limit);
  return merge(text.match(cut) ?? [text], limit).flatMap((piece) =>
    estimateTokens(piece) <= limit ? [piece] : divide(piece, limit, level + 1),
  );
}

/**
 * What a piece adds to a part, at most: the estimate of a join is not over the sum of these. A word that was cut counts a
 * fifth of a token more in one piece than in two.
 */
const costOf = (piece: string): number => estimateTokens(piece) + (/\s$/.test(piece) ? 0 : 0.2);

/** Joins neighbours while they fit, so that a cut at words does not make a piece of each word. */
function merge(pieces: string[], limit: number): string[] {
  const merged: string[] = [];
  let current = '';
  let tokens = 0;
  for (const piece of pieces) {
    const added = costOf(piece);
    if (current !== '' && tokens + added > limit) {
      merged.push(current);
      current = '';
      tokens = 0;
    }
    current += piece;
    tokens += added;
  }
  if (current !== '') merged.push(current);
  return merged;
}

/** A run without a break (base64, CJK without marks): cut by length, never inside a surrogate pair. */
function divideRun(text: string, limit: number): string[] {
  // No UTF-16 unit is estimated at more than one token; small steps, merged again, fill the parts well.
  const step = Math.max(2, Math.floor(limit / 4));
  const pieces: string[] = [];
  for (let from = 0; from < text.length;) {
    let to = Math.min(text.length, from + step);
    const last = text.charCodeAt(to - 1);
    if (to < text.length && last >= 0xd800 && last < 0xdc00) to -= 1;
    pieces.push(text.slice(from, to));
    from = to;
  }
  return merge(pieces, limit);
}
