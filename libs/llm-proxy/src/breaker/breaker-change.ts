import type { UpstreamErrorKind } from '#openrouter';
import type { BreakerState } from './breaker.js';
import { type BreakerScope, modelOf } from './breaker-scope.js';

/** A breaker that changed its state. */
export interface BreakerChange {
  scope: BreakerScope;
  state: BreakerState;
  /** Milliseconds since the epoch until which an open one lets nobody in. */
  until: number;
  /** The failure that opened it, as far as it is known. */
  cause: UpstreamErrorKind | undefined;
}

/** The fields of a change in the log. */
export const fieldsOf = ({ scope, state, until, cause }: BreakerChange) => ({
  scope: kindOf(scope),
  model: modelOf(scope),
  cause,
  open_until: state === 'open' ? new Date(until).toISOString() : undefined,
});

/** The bounded half of a scope, for labels. */
export const kindOf = (scope: BreakerScope): 'upstream' | 'model' =>
  scope === 'upstream' ? 'upstream' : 'model';
