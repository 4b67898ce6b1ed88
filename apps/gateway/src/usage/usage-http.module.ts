import { Global, Module } from '@nestjs/common';
import { QuotaLedger, UsageSink } from '#rate-limit';
import { UsageModule, UsageRecorder } from '#usage';
import { DailyUsage } from './daily-usage.js';
import { UsageController } from './usage.controller.js';

/**
 * Usage as callers see it; and the ledger as the limiter needs it: the place for what Redis could not take, and the truth of a
 * day that Redis has lost.
 */
@Global()
@Module({
  imports: [UsageModule],
  controllers: [UsageController],
  providers: [
    { provide: UsageSink, useExisting: UsageRecorder },
    { provide: QuotaLedger, useClass: DailyUsage },
  ],
  exports: [UsageSink, QuotaLedger],
})
export class UsageHttpModule {}
