import type { ServedCall } from '#testing';
import type { Phase } from './plan.js';

/** One call as its client saw it. Times are ms since the epoch. */
export interface Call {
  readonly stream: boolean;
  readonly startedAt: number;
  readonly endedAt: number;
  /** 0 when no status line came. */
  readonly status: number;
  /** The answer came to its end: JSON that can be read, a stream with its `[DONE]`. */
  readonly isWhole: boolean;
  /** As the answer names them. */
  readonly model: string | undefined;
  readonly generationId: string | undefined;
}

/** A breaker's state in the words of metrics and health. */
export type State = 'closed' | 'open' | 'half_open';

/** What every gateway said of the primary's breaker at one moment. */
export interface Sighting {
  readonly at: number;
  readonly health: readonly State[];
  readonly metrics: readonly State[];
}

/** A line of a gateway's log about the primary's breaker. */
export interface BreakerEvent {
  readonly at: number;
  readonly gateway: string;
  readonly event: 'breaker_opened' | 'breaker_half_open' | 'breaker_closed';
  /** Another gateway had found it out. */
  readonly heard: boolean;
  readonly cause: string | undefined;
}

/** A charge in `usage_events`. */
export interface Charge {
  readonly generation_id: string | null;
  readonly tokens: number;
}

/** A run and everything that is judged of it. */
export interface Run {
  readonly calls: readonly Call[];
  readonly sightings: readonly Sighting[];
  readonly events: readonly BreakerEvent[];
  /** Completions, as the simulator served them. */
  readonly served: readonly ServedCall[];
  readonly ledger: readonly Charge[];
  /** When each phase began. */
  readonly phases: readonly (Phase & { readonly startedAt: number })[];
}
