import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { ConfigModule } from '#config';
import { ContextMemoryModule } from '#context-memory';
import { DatabaseModule } from '#database';
import { ModelSyncModule } from '#llm-proxy';
import { ObservabilityModule } from '#observability';
import { OpenRouterModule } from '#openrouter';
import { QueuesModule } from '#queues';
import { RedisModule } from '#redis';
import { UsageModule } from '#usage';
import { HealthController } from './health/health.controller.js';
import { ContextFilesProcessor } from './processors/context-files.processor.js';
import { ContextMemoryProcessor } from './processors/context-memory.processor.js';
import { ModelsProcessor } from './processors/models.processor.js';
import { UsageProcessor } from './processors/usage.processor.js';
import { WorkingSetsProcessor } from './processors/working-sets.processor.js';
import { ReconciliationModule } from './reconciliation/reconciliation.module.js';
import { Schedules } from './schedules.js';
import { UsageWriterService } from './usage-writer.service.js';

/** The queue process on one screen. */
@Module({
  imports: [
    ConfigModule,
    ObservabilityModule.forProcess('worker'),
    DatabaseModule,
    RedisModule,
    QueuesModule,
    OpenRouterModule,
    TerminusModule.forRoot(),
    ContextMemoryModule,
    UsageModule,
    ReconciliationModule,
    ModelSyncModule,
  ],
  controllers: [HealthController],
  providers: [
    ContextMemoryProcessor,
    WorkingSetsProcessor,
    ContextFilesProcessor,
    UsageProcessor,
    ModelsProcessor,
    UsageWriterService,
    Schedules,
  ],
})
export class WorkerModule {}
