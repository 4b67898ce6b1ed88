import type { FencedItem } from '../packing/fence.js';

/** Why something is wanted: pinned, one of the session's last turns, found by a query. */
export type WantedBy = 'pinned' | 'session' | 'query';

/** A row of an item that a working set wants, as it is now. */
export interface WantedPart extends FencedItem {
  /** Of the item, as callers know it. */
  id: string;
  version: number;
  wantedBy: WantedBy;
  /** What it is worth beside the others; pins go first whatever theirs. */
  value: number;
  state: 'present' | 'expired' | 'deleted';
  /** Its text was not read: what is wanted before it fills the budget, and more. */
  isBeyond: boolean;
}
