import { Module } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AppConfig } from '#config';
import { DailyUsageRepository } from './daily-usage.repository.js';
import { ReconciliationLog } from './last-reconciliation.js';
import { Ledger } from './ledger.js';
import { LookUpRepository } from './look-up.repository.js';
import { ReconciliationRepository } from './reconciliation.repository.js';
import { UnwrittenEvents } from './unwritten-events.js';
import { UsageEventRepository } from './usage-event.repository.js';
import { UsageRecorder } from './usage-recorder.js';
import { UsageReportRepository } from './usage-report.repository.js';
import { UsageRetention } from './usage-retention.js';
import { UsageSpool } from './usage-spool.js';

/** The ledger: writing it, and reading it. */
@Module({
  providers: [
    DailyUsageRepository,
    LookUpRepository,
    ReconciliationLog,
    ReconciliationRepository,
    UnwrittenEvents,
    UsageEventRepository,
    UsageReportRepository,
    UsageRetention,
    Ledger,
    {
      provide: UsageRecorder,
      inject: [AppConfig, Ledger, PinoLogger],
      useFactory: (config: AppConfig, ledger: Ledger, logger: PinoLogger) => {
        logger.setContext(UsageRecorder.name);
        const spool = new UsageSpool(config.usage.USAGE_SPOOL_DIR, config.usage.USAGE_SPOOL_MAX_BYTES);
        return new UsageRecorder(ledger, spool, logger);
      },
    },
  ],
  exports: [
    DailyUsageRepository,
    Ledger,
    LookUpRepository,
    ReconciliationLog,
    ReconciliationRepository,
    UnwrittenEvents,
    UsageEventRepository,
    UsageReportRepository,
    UsageRecorder,
    UsageRetention,
  ],
})
export class UsageModule {}
