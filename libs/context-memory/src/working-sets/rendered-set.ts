import type { ContextBlock } from '../packing/packing.js';
import type { SetSummary } from './set-summary.js';
import type { WantedPart } from './wanted-part.js';
import type { Weighed } from './knapsack.js';

/** Why something that a set wants is not in its block. */
export type DropReason = 'over_budget' | 'same_text' | 'in_conversation' | 'expired' | 'deleted';

/** With the tokens of its entry in a block, the line above it included. */
export type WeighedPart = WantedPart & Weighed;

/** Left out, and why. */
export type DroppedPart = WantedPart & { reason: DropReason };

/** A working set as a prompt gets it. */
export interface RenderedSet {
  block: ContextBlock;
  /** What is in the block: pins first, then the most valuable for its size. */
  packed: WeighedPart[];
  dropped: DroppedPart[];
  /** Stands in the block, before the items; only where something had no room. */
  summary?: SetSummary;
}

/** A block as it is given out, and how its summary stands. */
export interface WorkingSetBlock extends RenderedSet {
  /** The set would have something else summarised than what the summary in the block was made of. */
  isSummaryStale: boolean;
  /** A summary is wanted, and nobody has tried to make it of late. */
  isSummaryDue: boolean;
}
