/**
 * The generic cell rate algorithm (ITU-T I.371, annex A) as a meter of requests or tokens: a token bucket that is one number,
 * the theoretical arrival time (TAT). Times are milliseconds, with parts of a thousandth. The same arithmetic as in
 * `admit-call.lua`: whole microseconds, so that nothing is lost to rounding and a full bucket holds exactly `size`. The price
 * is that a bucket of 7 million a minute refills as if it held 7.5 million.
 */
export interface Bucket {
  /** Size of a burst, and what one window lets through. */
  readonly size: number;
  readonly windowSeconds: number;
}

/** What a bucket says at a moment. */
export interface BucketState {
  /** What could be taken right now. */
  readonly remaining: number;
  /** Until the bucket is full. */
  readonly resetMs: number;
}

export interface BucketDecision extends BucketState {
  readonly allowed: boolean;
  /** The TAT to keep: unchanged when refused. */
  readonly arrival: number;
  /** Until the same would be allowed; 0 when it is. More than the bucket holds never is. */
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

/** Takes `amount`, if there is so much. @param arrival the kept TAT, 0 for a bucket not used yet */
export function takeFromBucket(bucket: Bucket, arrival: number, now: number, amount = 1): BucketDecision {
  const { interval, capacity } = inMicroseconds(bucket);
  const nowUs = toMicroseconds(now);
  const next = Math.max(nowUs, toMicroseconds(arrival)) + interval * amount;
  const excess = next - nowUs - capacity;
  const allowed = amount === 0 || excess <= 0;
  const kept = allowed && amount > 0 ? next / 1_000 : arrival;
  const retryMs = allowed ? 0 : Math.ceil(excess / 1_000);
  return { allowed, arrival: kept, retryMs, ...peekBucket(bucket, kept, now) };
}

/**
 * The TAT once it is known what was really used of what was taken. Of what was not used only what has not drained yet comes
 * back: what drained was replaced by time, and given back as well it would let more through than the limit says.
 *
 * @param arrival the kept TAT
 * @param until the TAT as the taking left it
 */
export function settleBucket(
  bucket: Bucket,
  arrival: number,
  now: number,
  taken: { readonly amount: number; readonly until: number },
  used: number,
): number {
  const { interval } = inMicroseconds(bucket);
  const [kept, nowUs] = [toMicroseconds(arrival), toMicroseconds(now)];
  if (used > taken.amount) return (Math.max(nowUs, kept) + (used - taken.amount) * interval) / 1_000;
  const undrained = Math.max(0, toMicroseconds(taken.until) - nowUs);
  return (kept - Math.min((taken.amount - used) * interval, undrained)) / 1_000;
}

const toMicroseconds = (ms: number): number => Math.round(ms * 1_000);

function inMicroseconds({ size, windowSeconds }: Bucket): { interval: number; capacity: number } {
  const interval = Math.max(1, Math.floor((windowSeconds * 1_000_000) / size));
  return { interval, capacity: interval * size };
}
