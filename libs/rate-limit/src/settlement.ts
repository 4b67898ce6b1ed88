import type { BeforeApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { PinoLogger } from 'nestjs-pino';
import { metrics } from '#observability';
import type { CallUsage, UsageEvent } from '#queues';
import type { LocalLimiter } from './local-limiter.js';
import { GateShutError, type RedisGate } from './redis-gate.js';
import { SettleRetries } from './settle-retries.js';
import type { Reservation, SettleStore } from './settle-store.js';
import { UnconfirmedEvents } from './unconfirmed-events.js';
import type { UsageSink } from './usage-sink.js';

const catchUpMs = 1_000;

/** What settling needs of the world. */
export interface SettlementParts {
  readonly store: SettleStore;
  readonly gate: RedisGate;
  readonly sink: UsageSink;
  readonly local: LocalLimiter;
  readonly logger: PinoLogger;
}

/**
 * How calls end: what was used takes the place of what was reserved, once, and the event of it reaches the ledger whatever
 * fails. Redis carries out both in one step; what it does not answer, or forgets, takes the side door.
 */
export class Settlement implements OnModuleInit, BeforeApplicationShutdown {
  private readonly unconfirmed: UnconfirmedEvents;
  private readonly retries: SettleRetries;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: SettlementParts) {
    this.unconfirmed = new UnconfirmedEvents(parts.sink, parts.logger);
    this.retries = new SettleRetries(parts.store, parts.gate);
  }

  onModuleInit(): void {
    this.timer = setInterval(() => void this.catchUp(), catchUpMs);
    this.timer.unref();
  }

  /** The last chance of what Redis still owes; what may not be in the ledger yet does not wait for anybody else. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.catchUp();
    await this.unconfirmed.rescueAll();
  }

  /** Redis was away, and may have come back without its memory. */
  async redisReturned(): Promise<void> {
    await this.unconfirmed.rescueAll();
    await this.retries.run();
  }

  /** Resolves when the call's event is safe: on the stream and remembered here, in PostgreSQL, or on disk. Never rejects. */
  async settle(reservation: Reservation, usage: CallUsage, admittedAt: Date): Promise<void> {
    const event = toEvent(reservation, usage, admittedAt);
    const used = event.promptTokens + event.completionTokens;
    if (!reservation.held) this.parts.local.settle(reservation, used);
    metrics.usage.events.inc({ step: 'recorded' });
    metrics.tokens.used.inc({ kind: 'prompt', source: event.source }, event.promptTokens);
    metrics.tokens.used.inc({ kind: 'completion', source: event.source }, event.completionTokens);
    if (await this.settledInRedis(reservation, used, event)) return;
    await this.parts.sink.record(event);
  }

  /** Gives back what an admission may have taken that Redis answered too late, for a call that was refused meanwhile. */
  cancel(reservation: Reservation): void {
    this.retries.add(reservation, 0);
  }

  private async settledInRedis(reservation: Reservation, used: number, event: UsageEvent): Promise<boolean> {
    const { store, gate, logger } = this.parts;
    const fields = { workspace_id: event.workspaceId, key_id: event.keyId, call_id: event.id };
    try {
      const reply = await gate.pass(() => store.settle(reservation, used, event));
      if (reply.outcome === 'unknown') {
        // Redis lost its memory in between. The ledger must not; it drops what it has already.
        logger.warn(fields, 'usage_reservation_unknown');
        return false;
      }
      await this.unconfirmed.hold(reply.id, event, reply.stream);
      return true;
    } catch (error) {
      if (!(error instanceof GateShutError)) metrics.redis.errors.inc({ operation: 'settle' });
      logger.warn({ ...fields, exception: String(error) }, 'usage_settle_failed');
      this.retries.add(reservation, used, event);
      return false;
    }
  }

  private async catchUp(): Promise<void> {
    if (this.retries.size > 0) await this.retries.run();
    if (this.unconfirmed.size === 0) return;
    try {
      const { store, gate } = this.parts;
      await this.unconfirmed.learn(await gate.pass(() => store.stream()));
    } catch {
      // What is held is held on; the gate has counted the failure.
    }
  }
}

const toEvent = ({ callId, caller }: Reservation, usage: CallUsage, admittedAt: Date): UsageEvent => ({
  ...usage,
  id: callId,
  workspaceId: caller.workspaceId,
  keyId: caller.keyId,
  createdAt: admittedAt.toISOString(),
});
