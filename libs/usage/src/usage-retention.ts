import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AppConfig } from '#config';
import { Database } from '#database';
import { retentionStart } from './retention-start.js';
import { UsageEventRepository } from './usage-event.repository.js';

/** Keeps the ledger from growing for ever: whole months of events go, their sums stay. */
@Injectable()
export class UsageRetention {
  private readonly months: number;

  constructor(
    { usage }: AppConfig,
    private readonly database: Database,
    private readonly events: UsageEventRepository,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(UsageRetention.name);
    this.months = usage.USAGE_RETENTION_MONTHS;
  }

  /** Drops the partitions that are older than USAGE_RETENTION_MONTHS. @throws when one is in use for long; the next run finds it */
  async dropExpired(now = new Date()): Promise<void> {
    if (this.months === 0) return;
    const before = retentionStart(now, this.months);
    const expired = await this.database.asSystem((scope) => this.events.partitionsBefore(scope, before));
    for (const partition of expired) {
      // Each by itself, so that the ledger is closed to others for a moment only.
      await this.database.asSystem((scope) => this.events.dropPartition(scope, partition));
      this.logger.info({ partition, before: before.toISOString() }, 'usage_partition_dropped');
    }
  }
}
