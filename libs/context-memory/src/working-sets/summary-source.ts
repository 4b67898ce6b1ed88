import { sha256 } from '#common';
import { fenceTokens, packContext, summaryTokens } from '../packing/packing.js';
import { chooseParts, weighWanted } from './render-set.js';
import type { SourcePart, SummarySource } from './set-summary.js';
import type { WantedPart } from './wanted-part.js';
import type { SummaryWish, WorkingSet } from './working-set.js';

/** Tokens of what one summary is made of at most: it is paid by whoever asks something else. */
const maxSourceTokens = 8_000;

/** What a set wants, and in which order: a summary that was made of the same need not be made again. */
export const stateOf = (
  { summary, tokenBudget }: Pick<WorkingSet, 'summary' | 'tokenBudget'>,
  wanted: WantedPart[],
): string =>
  sha256(
    JSON.stringify([
      summary,
      tokenBudget,
      wanted.map((part) => [...Object.values(sourcePart(part)), part.value, part.state, part.isBeyond]),
    ]),
  );

/**
 * What has no room beside a summary of the wished length, whoever asks: what is wanted first first, as much as one summary takes.
 * @returns nothing when all fits, or when not even the summary would
 */
export function summarySource(
  wish: SummaryWish,
  tokenBudget: number,
  wanted: WantedPart[],
): SummarySource | undefined {
  const weighed = weighWanted(wanted, {}, []);
  const reserved = wish.maxTokens + summaryTokens({ text: '', madeAt: new Date(0) });
  const { chosen, leavesRoom } = chooseParts(weighed, tokenBudget - fenceTokens(), reserved);
  if (!leavesRoom) return undefined;
  const leftOut = weighed.filter((part) => !chosen.includes(part));
  const { block, packed } = packContext(leftOut, maxSourceTokens);
  if (packed.size === 0) return undefined;
  const parts = [...packed].map(sourcePart);
  const hash = sha256(JSON.stringify([wish, parts.map((part) => Object.values(part))]));
  return { hash, text: block.text, parts };
}

const sourcePart = ({ id, part, version }: WantedPart): SourcePart => ({
  id,
  position: part?.position ?? 0,
  version,
});
