import { Module } from '@nestjs/common';
import { ContextMemoryModule } from '#context-memory';
import { KeptAnswersModule } from '#llm-proxy';
import { ErasuresController } from './erasures.controller.js';
import { ContextHealthController } from './health.controller.js';
import { FilesController } from './files.controller.js';
import { Forgetting } from './forgetting.js';
import { GroupsController } from './groups.controller.js';
import { ItemsController } from './items.controller.js';
import { JobsController } from './jobs.controller.js';
import { RecallController } from './recall.controller.js';
import { ReceiptsController } from './receipts.controller.js';
import { TransferController } from './transfer.controller.js';
import { WorkingSetsController } from './working-sets.controller.js';

/** Memory over HTTP. */
@Module({
  imports: [ContextMemoryModule, KeptAnswersModule],
  controllers: [
    ItemsController,
    GroupsController,
    FilesController,
    JobsController,
    RecallController,
    ReceiptsController,
    ErasuresController,
    TransferController,
    ContextHealthController,
    WorkingSetsController,
  ],
  providers: [Forgetting],
  exports: [ContextMemoryModule],
})
export class ContextMemoryHttpModule {}
