import { Global, Module } from '@nestjs/common';
import { UsageSink } from '#rate-limit';
import { UsageModule, UsageRecorder } from '#usage';
import { UsageController } from './usage.controller.js';

/** Usage as callers see it; and the ledger's recorder as the place where the limiter puts what Redis could not take. */
@Global()
@Module({
  imports: [UsageModule],
  controllers: [UsageController],
  providers: [{ provide: UsageSink, useExisting: UsageRecorder }],
  exports: [UsageSink],
})
export class UsageHttpModule {}
