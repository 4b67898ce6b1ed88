import type { EmbeddingSpace } from '../embedding/embedder.port.js';

/**
 * What a space is for: `active` is what recall reads and what new texts are embedded in first; a `standby` is filled and kept
 * filled; a `retired` one is being removed.
 */
export const spaceStatuses = ['active', 'standby', 'retired'] as const;
export type SpaceStatus = (typeof spaceStatuses)[number];

/** A space as the installation knows it. */
export interface StoredSpace extends EmbeddingSpace {
  /** The number that stands beside its vectors. */
  readonly id: number;
  readonly status: SpaceStatus;
  /** Its vectors are in the rows of context_items; those of all other spaces in context_vectors. One space at most. */
  readonly home: boolean;
  /** Some workspace's first fill is not done. */
  readonly filling: boolean;
  readonly createdAt: Date;
  /** Last time; null: never. */
  readonly activatedAt: Date | null;
  /** When every workspace was filled for the first time since; null while that is to come. */
  readonly filledAt: Date | null;
}

/** How far a space is filled, in rows of items. */
export interface FillProgress {
  total: number;
  /** Have a vector in it. */
  done: number;
  /** Were given up. */
  failed: number;
  /** Why, the most frequent first. */
  failures: { reason: string; count: number }[];
}
