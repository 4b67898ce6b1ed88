import { answeredWithin } from '#redis';

/** Failures in a row after which Redis is left alone. */
const failuresToShut = 3;
/** How long; then one call tries again while the others still go without. */
const shutMs = 1_000;

/**
 * A circuit breaker for one dependency: a Redis that hangs costs its time-out to a few calls, not to each. It counts only
 * failures in a row, because one slow answer among many is no outage.
 */
export class RedisGate {
  private failures = 0;
  private shutUntil = 0;

  /**
   * @param timeoutMs how long an answer is waited for
   * @param now milliseconds that only go forward
   */
  constructor(
    private readonly timeoutMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @throws whatever `work` throws, or GateShutError at once while the gate is shut */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.failures >= failuresToShut) {
      if (this.now() < this.shutUntil) throw new GateShutError();
      // This call is the trial; until it ends the others are turned away.
      this.shutUntil = this.now() + shutMs;
    }
    try {
      const result = await answeredWithin(this.timeoutMs, work());
      this.failures = 0;
      return result;
    } catch (error) {
      this.failures += 1;
      this.shutUntil = this.now() + shutMs;
      throw error;
    }
  }
}

/** Redis failed several times in a row and is not asked for the moment. */
export class GateShutError extends Error {
  constructor() {
    super('Redis is not asked for now: it failed several times in a row');
    this.name = 'GateShutError';
  }
}
