import { Module } from '@nestjs/common';
import { UsageModule } from '#usage';
import { UsageWriterService } from './usage-writer.service.js';
import { UsageProcessor } from './usage.processor.js';

/** Writes the ledger and keeps its partitions ahead of time. */
@Module({ imports: [UsageModule], providers: [UsageWriterService, UsageProcessor] })
export class UsageWorkerModule {}
