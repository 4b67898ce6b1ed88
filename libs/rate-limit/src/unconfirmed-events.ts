import type { PinoLogger } from 'nestjs-pino';
import { metrics } from '#observability';
import type { UsageEvent } from '#queues';
import type { StreamState } from './settle-store.js';
import type { UsageSink } from './usage-sink.js';

/** Beyond this many the oldest take the side door to the ledger: memory is bounded, and nothing is lost. */
const maxHeld = 20_000;

/**
 * The events that this process put on the stream and that are not in the ledger yet. A Redis that is killed or flushed loses
 * the stream; what was on it is still here, and goes to the ledger by the side door. The ledger takes each event once.
 */
export class UnconfirmedEvents {
  /** By id on the stream, in rising order: Redis answers one connection in the order it was asked. */
  private readonly held = new Map<string, UsageEvent>();
  private epoch = '';

  constructor(
    private readonly sink: UsageSink,
    private readonly logger: PinoLogger,
  ) {}

  get size(): number {
    return this.held.size;
  }

  /** Keeps an event until it is known to be written. @param stream where the stream stood just after the event was put on it */
  async hold(id: string, event: UsageEvent, stream: StreamState): Promise<void> {
    const lost = this.observe(stream);
    this.held.set(id, event);
    if (lost.length > 0) await this.rescue(lost);
    if (this.held.size > maxHeld) await this.rescue(this.take(maxHeld / 2));
  }

  /** Lets go what the ledger has, and rescues what Redis lost. @param stream undefined: Redis knows of no stream */
  async learn(stream: StreamState | undefined): Promise<void> {
    const lost = stream ? this.observe(stream) : this.take();
    if (lost.length > 0) await this.rescue(lost);
  }

  /** Sends everything to the ledger: Redis was away and may have come back without its memory, or this process ends. */
  rescueAll(): Promise<void> {
    return this.rescue(this.take());
  }

  /** @returns what was on a stream that is no more */
  private observe({ epoch, oldest }: StreamState): UsageEvent[] {
    const lost = epoch === this.epoch ? [] : this.take();
    this.epoch = epoch;
    for (const id of this.held.keys()) {
      if (oldest !== undefined && !isBefore(id, oldest)) break;
      this.held.delete(id);
    }
    return lost;
  }

  private take(count = this.held.size): UsageEvent[] {
    const taken = [...this.held].slice(0, count);
    for (const [id] of taken) this.held.delete(id);
    return taken.map(([, event]) => event);
  }

  private async rescue(events: UsageEvent[]): Promise<void> {
    if (events.length === 0) return;
    metrics.usage.events.inc({ step: 'rescued' }, events.length);
    this.logger.warn({ events: events.length }, 'usage_events_rescued');
    await Promise.all(events.map((event) => this.sink.record(event)));
  }
}

/** Ids of a stream are `<ms>-<sequence>`, and rise. */
export function isBefore(id: string, other: string): boolean {
  const [ms = 0, sequence = 0] = id.split('-').map(Number);
  const [otherMs = 0, otherSequence = 0] = other.split('-').map(Number);
  return ms < otherMs || (ms === otherMs && sequence < otherSequence);
}
