import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { Database } from '#database';
import { metrics } from '#observability';
import type { UsageEvent } from '#queues';
import { UsageEventRepository } from './usage-event.repository.js';

/** The ledger's one way in: batches, each event once, and no event that can hold up the others. */
@Injectable()
export class Ledger {
  constructor(
    private readonly database: Database,
    private readonly events: UsageEventRepository,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(Ledger.name);
  }

  /**
   * Writes the events that are not in the ledger yet.
   *
   * @returns the ones PostgreSQL refuses for what they say; trying again would not help them
   * @throws anything else PostgreSQL fails with; trying again may help
   */
  async write(events: readonly UsageEvent[]): Promise<UsageEvent[]> {
    if (events.length === 0) return [];
    try {
      const written = await this.database.asSystem((scope) => this.events.insert(scope, events));
      metrics.usage.events.inc({ step: 'written' }, written);
      return [];
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const [event] = events;
      if (events.length === 1 && event) return this.refuse(event, error);
    }
    // One of them is at fault; apart, the others get in.
    const refused: UsageEvent[] = [];
    for (const event of events) refused.push(...(await this.write([event])));
    return refused;
  }

  private refuse(event: UsageEvent, error: unknown): UsageEvent[] {
    metrics.usage.events.inc({ step: 'failed' });
    this.logger.error({ event_id: event.id, exception: String(error) }, 'usage_event_refused');
    return [event];
  }
}

/** SQLSTATE classes 22 (the data does not fit its type) and 23 (it breaks a constraint). */
const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && /^2[23]/.test(error.code);
