import { CircuitState, SamplingBreaker } from 'cockatiel';

/** `half_open`: the time is up, and one call at a time may try. */
export type BreakerState = 'closed' | 'open' | 'half_open';

/** When a breaker opens, and for how long. */
export interface BreakerOptions {
  /** It opens when more than half of at least so many calls failed, or so many in a row. */
  minCalls: number;
  /** Milliseconds until a call may try again; also how long that call has until another one may. */
  openMs: number;
}

/** Milliseconds over which failures are weighed against successes. */
const windowMs = 30_000;

/**
 * A circuit breaker whose calls are streams: entering and telling the result are two moments of one call, so nothing is
 * wrapped, nobody waits for somebody else's probe, and a call that ended without a verdict (its client left) counts for
 * nothing. When to open is decided by cockatiel's SamplingBreaker.
 *
 * A call is named by the era it entered in; each change of state begins a new one. The verdict of a call from an earlier era
 * is about a past that is settled, and is ignored.
 */
export class Breaker {
  private current: BreakerState = 'closed';
  private era = 0;
  /** Milliseconds since the epoch. Open: until then nobody enters. Half-open: until then the probe is waited for. */
  private until = 0;
  private sampler: SamplingBreaker;
  private sampledAt = 0;
  private failedAt = 0;
  /** Failures since a call went well: a sudden end must not have to outweigh half a minute of good calls. */
  private inARow = 0;

  /** @param onChange told after each change of state */
  constructor(
    private readonly options: BreakerOptions,
    private readonly onChange: (state: BreakerState) => void,
  ) {
    this.sampler = this.newSampler();
  }

  get state(): BreakerState {
    return this.current;
  }

  /** Milliseconds since the epoch at which an open one lets a call try. */
  get openUntil(): number {
    return this.until;
  }

  /** Closed, and nothing failed in the window: there is nothing to remember. */
  isQuiet(now: number): boolean {
    return this.current === 'closed' && now - this.failedAt > windowMs;
  }

  /** @returns the era, to be named with the verdict; undefined when no call may go. */
  enter(now: number): number | undefined {
    if (this.current === 'closed') return this.era;
    // A clock that was set back must not keep it shut for longer than it was meant to be.
    if (now < this.until && this.until - now <= this.options.openMs) return undefined;
    this.until = now + this.options.openMs;
    if (this.current === 'open') this.turn('half_open');
    return this.era;
  }

  succeeded(era: number, now: number): void {
    if (era !== this.era) return;
    this.inARow = 0;
    if (this.current === 'half_open') this.turn('closed');
    else this.samplerAt(now).success(CircuitState.Closed);
  }

  failed(era: number, now: number): void {
    if (era !== this.era) return;
    this.failedAt = now;
    const isMostly = this.current === 'half_open' || this.samplerAt(now).failure(CircuitState.Closed);
    this.inARow += 1;
    if (isMostly || this.inARow >= this.options.minCalls) this.open(now + this.options.openMs, now);
  }

  /** The call ended and says nothing about the other side. If it was the probe, the next call is. */
  left(era: number, now: number): void {
    if (era === this.era && this.current === 'half_open') this.until = now;
  }

  /** Opens it until then, at most as long as it would open by itself; an open one only for longer. */
  open(until: number, now: number): void {
    const bounded = Math.min(until, now + this.options.openMs);
    if (bounded <= now || (this.current === 'open' && bounded <= this.until)) return;
    const wasOpen = this.current === 'open';
    this.until = bounded;
    if (!wasOpen) this.turn('open');
  }

  close(): void {
    if (this.current !== 'closed') this.turn('closed');
  }

  private turn(state: BreakerState): void {
    this.current = state;
    this.era += 1;
    if (state === 'closed') this.forget();
    this.onChange(state);
  }

  /** The sampler forgets as calls come; after a silence its memory is of another time. */
  private samplerAt(now: number): SamplingBreaker {
    if (now - this.sampledAt > windowMs) this.forget();
    this.sampledAt = now;
    return this.sampler;
  }

  private forget(): void {
    this.sampler = this.newSampler();
    this.inARow = 0;
  }

  private newSampler(): SamplingBreaker {
    // It wants a rate and compares strictly; half a call less makes its threshold our whole number.
    const minimumRps = (this.options.minCalls - 0.5) / (windowMs / 1_000);
    return new SamplingBreaker({ threshold: 0.5, duration: windowMs, minimumRps });
  }
}
