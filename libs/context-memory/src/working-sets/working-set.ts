import type { JsonObject } from '#common';

/** A question that is asked again whenever items have changed. */
export interface SavedQuery {
  query: string;
  /** Items it may find, 1 to 20; 10 when absent. */
  topK?: number;
  /** Only items of this session. */
  session?: string;
  /** As it came over the wire; see parseFilter. */
  filter?: JsonObject;
}

/** What a working set is made of, as its owner says it. */
export interface WorkingSetDefinition {
  /** Unique in the workspace. */
  name: string;
  /** Ids of items that go in first, in this order. */
  pinnedItems: string[];
  /** Whether the items that are pinned themselves follow them, the oldest first. */
  takesPinned: boolean;
  queries: SavedQuery[];
  /** The session whose last turns are wanted; null together with `lastTurns`. */
  session: string | null;
  lastTurns: number | null;
  /** Tokens of the block at most. */
  tokenBudget: number;
  /** How what does not fit is to be summarised; null: not at all. */
  summary: SummaryWish | null;
}

/** A summary that the calls which use a set make, and pay. */
export interface SummaryWish {
  /** As a chat call names it; may be one of the workspace's own. */
  model: string;
  /** Tokens of the summary at most. */
  maxTokens: number;
}

/** An item, or a part of one, that the queries found. */
export interface FoundPart {
  id: string;
  /** Place in its text, from 0. */
  position: number;
  /** The sum of its scores over the queries, to two decimals. */
  value: number;
}

/** A named, pinned, budgeted selection of memory. */
export interface WorkingSet extends WorkingSetDefinition {
  id: string;
  /** Goes up when the definition changes and when the queries find something else. */
  version: number;
  /** What the queries found when they were last asked. */
  found: FoundPart[];
  /** How often they were asked. */
  refreshes: number;
  /** Items have changed since. */
  isStale: boolean;
  refreshedAt: Date | null;
  /** A call has begun a summary within the last minute, whatever came of it. */
  isSummaryTried: boolean;
  createdAt: Date;
  updatedAt: Date;
}
