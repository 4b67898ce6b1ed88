import type { UpstreamErrorKind } from '#openrouter';

/** What may help against one kind of failure, and what it says about whom. */
export interface Remedy {
  /** The same model, asked again a little later, may well answer. */
  repeat: boolean;
  /** Which other models may answer where this one failed. `none`: the fault is not the model's. */
  fallback: 'any' | 'larger_context' | 'other_vendor' | 'none';
  /** Whose circuit breaker counts it. What a tenant's own request brings about must count against nobody. */
  blames: 'model' | 'upstream' | 'nobody';
}

const again: Remedy = { repeat: true, fallback: 'any', blames: 'model' };

/** The whole policy towards a failing upstream, one line a kind of failure. */
export const remedies: Readonly<Record<UpstreamErrorKind, Remedy>> = {
  rate_limited: again,
  overloaded: again,
  server: again,
  malformed: again,
  cut_short: again,
  timed_out: again,
  // A request can be such that a sound model says nothing to it.
  empty: { ...again, blames: 'nobody' },
  // Every model is behind the same door.
  unreachable: { repeat: true, fallback: 'none', blames: 'upstream' },
  refused_key: { repeat: false, fallback: 'none', blames: 'upstream' },
  context_length: { repeat: false, fallback: 'larger_context', blames: 'nobody' },
  content_policy: { repeat: false, fallback: 'other_vendor', blames: 'nobody' },
  not_found: { repeat: false, fallback: 'any', blames: 'nobody' },
  invalid_request: { repeat: false, fallback: 'none', blames: 'nobody' },
};
