import { Processor } from '@nestjs/bullmq';
import { PinoLogger } from 'nestjs-pino';
import { Database } from '#database';
import { JobProcessor, type JobHandlers } from '#queues';
import { UsageEventRepository, UsageRetention } from '#usage';

/** The ledger's housekeeping. */
@Processor('usage')
export class UsageProcessor extends JobProcessor<'usage'> {
  protected readonly handlers: JobHandlers<'usage'> = {
    'ensure-partitions': () => this.database.asSystem((scope) => this.events.ensureComingPartitions(scope)),
    'drop-partitions': () => this.retention.dropExpired(),
  };

  constructor(
    private readonly database: Database,
    private readonly events: UsageEventRepository,
    private readonly retention: UsageRetention,
    logger: PinoLogger,
  ) {
    super(logger);
  }
}
