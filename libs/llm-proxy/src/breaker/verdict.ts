import { UpstreamError, type UpstreamErrorKind } from '#openrouter';
import { remedies } from '../attempts/remedy.js';

/** What one attempt says about a side: it is well, nothing at all, or how it failed. */
export type Verdict = 'good' | 'none' | UpstreamErrorKind;

/** @param error undefined for an attempt that went well; a client that left says nothing */
export const verdictOnUpstream = (error: unknown): Verdict => verdictOn('upstream', error);

/** As {@link verdictOnUpstream}; an attempt that never got to the model says nothing about it. */
export function verdictOnModel(error: unknown): Verdict {
  return verdictOnUpstream(error) === 'good' ? verdictOn('model', error) : 'none';
}

function verdictOn(side: 'upstream' | 'model', error: unknown): Verdict {
  if (error === undefined) return 'good';
  if (!(error instanceof UpstreamError)) return 'none';
  return remedies[error.kind].blames === side ? error.kind : 'good';
}
