import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { PinoLogger } from 'nestjs-pino';
import { metrics } from '#observability';
import type { UsageEvent } from '#queues';
import type { Ledger } from './ledger.js';
import type { UsageSpool } from './usage-spool.js';

const batchSize = 500;
const replayEveryMs = 2_000;
/** Kept in memory when the disk fails or the spool is full; beyond that the oldest are lost, and said to be. */
const maxHeld = 50_000;

/**
 * The ledger's side door, for events that Redis could not take: straight to PostgreSQL or, when that is away as well, to
 * disk and from there to PostgreSQL once it is back.
 */
export class UsageRecorder implements OnModuleInit, OnApplicationShutdown {
  private held: UsageEvent[] = [];
  private flushing: Promise<void> | undefined;
  private replaying = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly ledger: Ledger,
    private readonly spool: UsageSpool,
    private readonly logger: PinoLogger,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.catchUp(), replayEveryMs);
    this.timer.unref();
    void this.catchUp();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
    this.lose(this.held.length);
  }

  /** Takes an event over. Resolves when it is in PostgreSQL or on disk; never rejects; the same event may come twice. */
  record(event: UsageEvent): Promise<void> {
    this.hold([event]);
    return this.flush();
  }

  private async catchUp(): Promise<void> {
    if (this.replaying) return;
    this.replaying = true;
    try {
      await this.flush();
      await this.replay();
    } catch (error) {
      this.logger.warn({ exception: String(error) }, 'usage_replay_failed');
    } finally {
      this.replaying = false;
    }
  }

  /** One flush at a time: it takes along what comes while it runs. */
  private flush(): Promise<void> {
    if (this.held.length === 0 && !this.flushing) return Promise.resolve();
    this.flushing ??= this.writeHeld();
    return this.flushing;
  }

  private async writeHeld(): Promise<void> {
    try {
      while (this.held.length > 0) {
        const batch = this.held.splice(0, batchSize);
        if (!((await this.write(batch)) || (await this.setAside(batch)))) return;
      }
    } finally {
      // Here and not in a `then`: whoever records next must find no flush that has already ended.
      this.flushing = undefined;
    }
  }

  private async write(batch: UsageEvent[]): Promise<boolean> {
    try {
      await this.ledger.write(batch);
      return true;
    } catch (error) {
      this.logger.warn({ events: batch.length, exception: String(error) }, 'usage_events_spooled');
      return false;
    }
  }

  private async setAside(batch: UsageEvent[]): Promise<boolean> {
    try {
      await this.spool.save(batch);
      metrics.usage.events.inc({ step: 'spooled' }, batch.length);
      return true;
    } catch (error) {
      this.logger.error({ events: batch.length, exception: String(error) }, 'usage_spool_failed');
      this.hold(batch);
      return false;
    }
  }

  private async replay(): Promise<void> {
    for await (const batch of this.spool.batches()) {
      await this.ledger.write(batch.events);
      await batch.remove();
    }
  }

  private hold(events: UsageEvent[]): void {
    this.held.push(...events);
    this.lose(this.held.length - maxHeld);
  }

  private lose(lost: number): void {
    if (lost <= 0) return;
    this.held.splice(0, lost);
    metrics.usage.events.inc({ step: 'failed' }, lost);
    this.logger.error({ events: lost }, 'usage_events_lost');
  }
}
