import { Processor } from '@nestjs/bullmq';
import { PinoLogger } from 'nestjs-pino';
import { Database } from '#database';
import { JobProcessor, type JobHandlers } from '#queues';
import { UsageEventRepository, UsageRetention } from '#usage';
import { EstimateCorrector } from '../reconciliation/estimate-corrector.js';
import { QuotaReconciler } from '../reconciliation/quota-reconciler.js';

/** Jobs at once: looking up estimates waits for the upstream, and nobody else should wait for it. */
const concurrency = 2;

/** The ledger's housekeeping. */
@Processor('usage', { concurrency })
export class UsageProcessor extends JobProcessor<'usage'> {
  protected readonly handlers: JobHandlers<'usage'> = {
    'ensure-partitions': () => this.database.asSystem((scope) => this.events.ensureComingPartitions(scope)),
    'drop-partitions': () => this.retention.dropExpired(),
    'reconcile-quotas': ({ workspace_id }) => this.quotas.run(workspace_id),
    'correct-estimates': () => this.estimates.run(),
  };

  constructor(
    private readonly database: Database,
    private readonly events: UsageEventRepository,
    private readonly retention: UsageRetention,
    private readonly quotas: QuotaReconciler,
    private readonly estimates: EstimateCorrector,
    logger: PinoLogger,
  ) {
    super(logger);
  }
}
