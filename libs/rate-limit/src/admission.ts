import type { CallUsage } from '#queues';

/** How an admission is brought to its end; the limiter gives it. */
export type Settle = (call: CallUsage) => Promise<void>;

/**
 * Leave to make one call, and the duty to say how it ended: settle or refund, once, whatever happens. A process that dies
 * in between is covered by the reservation's expiry.
 */
export class Admission {
  private ended = false;

  /**
   * @param admittedAt the moment the call counts for
   * @param headers to write on the answer
   * @param degraded whether it was decided without Redis
   */
  constructor(
    readonly callId: string,
    readonly admittedAt: Date,
    readonly headers: Readonly<Record<string, string>>,
    readonly degraded: boolean,
    private readonly end: Settle,
  ) {}

  /**
   * Counts what the call used in the place of what was reserved, and records it. Resolves when the record is safe: on the
   * stream, in PostgreSQL or on disk. Never rejects; again does nothing.
   */
  async settle(call: CallUsage): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    await this.end(call);
  }

  /** Gives everything back and records a call that used nothing. Never rejects; after a settle it does nothing. */
  refund(call: CallUsage): Promise<void> {
    return this.settle({ ...call, promptTokens: 0, completionTokens: 0, source: 'none' });
  }
}
