import type { UpstreamErrorKind } from '#openrouter';

/**
 * One attempt as receipts tell of it. `answered`: its answer went to the client; `failed`: it did not, and another may have;
 * `skipped`: an open breaker spared it; `cancelled`: the client left meanwhile.
 */
export interface AttemptRecord {
  model: string;
  outcome: 'answered' | 'failed' | 'skipped' | 'cancelled';
  /** Why it failed or was skipped. */
  kind: UpstreamErrorKind | 'breaker_open' | undefined;
  /** HTTP status of the upstream, when it gave one. */
  statusCode: number | undefined;
  /** Milliseconds until it was known how it went: to the first real chunk, to the whole JSON body, or to the failure. */
  latencyMs: number;
  generationId: string | undefined;
}

/** Calls that were really made to the upstream. */
export const callsMade = (attempts: readonly AttemptRecord[]): number =>
  attempts.filter(({ outcome }) => outcome !== 'skipped').length;
