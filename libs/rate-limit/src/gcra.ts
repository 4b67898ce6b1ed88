/**
 * The generic cell rate algorithm (ITU-T I.371, annex A) as a meter of requests: a token bucket that is one number, the
 * theoretical arrival time (TAT). Times are milliseconds, with parts of a thousandth. The same arithmetic as in
 * `admit-call.lua`: whole microseconds, so that nothing is lost to rounding and a full bucket holds exactly `requests`.
 */
export interface Bucket {
  /** Size of a burst, and what one window lets through. */
  readonly requests: number;
  readonly windowSeconds: number;
}

/** What a bucket says at a moment. */
export interface BucketState {
  /** Requests that could be made right now. */
  readonly remaining: number;
  /** Until the bucket is full. */
  readonly resetMs: number;
}

export interface BucketDecision extends BucketState {
  readonly allowed: boolean;
  /** The TAT to keep: unchanged when refused. */
  readonly arrival: number;
  /** Until the next request would be allowed; 0 when this one is. */
  readonly retryMs: number;
}

/** What is left, without taking. @param arrival the kept TAT, 0 for a bucket not used yet */
export function peekBucket(bucket: Bucket, arrival: number, now: number): BucketState {
  const { interval, capacity } = inMicroseconds(bucket);
  const ahead = Math.max(0, toMicroseconds(arrival) - toMicroseconds(now));
  return {
    remaining: Math.max(0, Math.floor((capacity - ahead) / interval)),
    resetMs: Math.ceil(ahead / 1_000),
  };
}

/** Takes one request, if there is one. @param arrival the kept TAT, 0 for a bucket not used yet */
export function takeFromBucket(bucket: Bucket, arrival: number, now: number): BucketDecision {
  const { interval, capacity } = inMicroseconds(bucket);
  const nowUs = toMicroseconds(now);
  const next = Math.max(nowUs, toMicroseconds(arrival)) + interval;
  const excess = next - nowUs - capacity;
  const allowed = excess <= 0;
  const kept = allowed ? next / 1_000 : arrival;
  const retryMs = allowed ? 0 : Math.ceil(excess / 1_000);
  return { allowed, arrival: kept, retryMs, ...peekBucket(bucket, kept, now) };
}

const toMicroseconds = (ms: number): number => Math.round(ms * 1_000);

function inMicroseconds({ requests, windowSeconds }: Bucket): { interval: number; capacity: number } {
  const interval = Math.max(1, Math.floor((windowSeconds * 1_000_000) / requests));
  return { interval, capacity: interval * requests };
}
