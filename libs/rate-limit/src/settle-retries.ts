import type { UsageEvent } from '#queues';
import type { RedisGate } from './redis-gate.js';
import type { Reservation, SettleStore } from './settle-store.js';

/** Beyond this many the oldest are left to their reservation's expiry and to reconciliation. */
const maxWaiting = 20_000;

interface Unsettled {
  readonly reservation: Reservation;
  readonly used: number;
  /** Undefined: the call never was. */
  readonly event: UsageEvent | undefined;
}

/**
 * Settles that Redis did not answer. Their events are safe already; the day's count, the slot and the minute's tokens are set
 * right once Redis is back. A settle that Redis carried out although its answer came too late does nothing the second time.
 */
export class SettleRetries {
  private readonly waiting = new Map<string, Unsettled>();
  private running = false;

  constructor(
    private readonly store: SettleStore,
    private readonly gate: RedisGate,
  ) {}

  get size(): number {
    return this.waiting.size;
  }

  /** @param event undefined: the call never was, its reservation is to go */
  add(reservation: Reservation, used: number, event?: UsageEvent): void {
    this.waiting.set(reservation.callId, { reservation, used, event });
    const [oldest] = this.waiting.keys();
    if (this.waiting.size > maxWaiting && oldest !== undefined) this.waiting.delete(oldest);
  }

  /** Tries what waits, oldest first, until Redis fails again. Never rejects. */
  async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      for (const [callId, { reservation, used, event }] of this.waiting) {
        await this.gate.pass(() => this.store.settle(reservation, used, event));
        this.waiting.delete(callId);
      }
    } catch {
      // The rest waits for the next run; the gate has counted the failure.
    } finally {
      this.running = false;
    }
  }
}
