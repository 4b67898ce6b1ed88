import type { Books } from './books.js';
import type { Call } from './call.js';

/** What the disturbances' table says of one. */
export interface Strike {
  readonly name: string;
  readonly struck: string;
  /** Until it was healed. */
  readonly brokenMs: number;
  /** From then, or from when it was left to heal, until limits were exact. */
  readonly recoveredMs: number;
}

/** A run and everything that is judged of it. */
export interface Run {
  readonly calls: readonly Call[];
  readonly strikes: readonly Strike[];
  readonly books: Books;
  readonly reconciles: boolean;
  /** Of the tight quota's workspace. */
  readonly quota: number;
}
