import type { Fault } from '#testing';

/** The model that fails, and the one that stands in for it. Clients know neither: they name {@link alias}. */
export const primary = 'sim/vendor-b/slash-model';
export const fallback = 'sim/fast';
export const alias = 'steady';

/** A stretch of the run, by the clock. */
export interface Phase {
  readonly name: string;
  readonly seconds: number;
  /** What the primary does meanwhile. */
  readonly fault?: Fault;
}

/** An outage of 30 s that begins loud and goes on silent, and longer than a breaker stays open on either side of it. */
export const phases: readonly Phase[] = [
  { name: 'well', seconds: 6 },
  { name: 'answers 500', seconds: 15, fault: { error: { code: 500, message: 'Broken' } } },
  { name: 'says nothing', seconds: 15, fault: { hang: 'before_headers' } },
  { name: 'well again', seconds: 24 },
];

export const gateways = 2;
/** Calls that begin in a second, JSON and streams in turn, over all gateways. */
export const pace = 10;
/** Far more than the pace needs: it only keeps a machine that is too slow from drowning. */
export const mostInFlight = 60;

/** The breaker as it is shipped. */
export const minCalls = 10;
const openMs = 15_000;

/** Time-outs are short, so that what is measured is the breaker and not patience. Of the total a JSON call leaves half. */
export const environment = {
  LOG_LEVEL: 'info',
  OPENROUTER_FIRST_TOKEN_TIMEOUT_MS: '1000',
  OPENROUTER_TOTAL_TIMEOUT_MS: '3000',
  OPENROUTER_BREAKER_MIN_CALLS: String(minCalls),
  OPENROUTER_BREAKER_OPEN_MS: String(openMs),
};
