import { Module } from '@nestjs/common';
import { ContextMemoryModule } from '#context-memory';
import { ItemsController } from './items.controller.js';
import { JobsController } from './jobs.controller.js';
import { RecallController } from './recall.controller.js';
import { ReceiptsController } from './receipts.controller.js';

/** Memory over HTTP. */
@Module({
  imports: [ContextMemoryModule],
  controllers: [ItemsController, JobsController, RecallController, ReceiptsController],
  exports: [ContextMemoryModule],
})
export class ContextMemoryHttpModule {}
