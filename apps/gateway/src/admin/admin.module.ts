import { Module } from '@nestjs/common';
import { ContextMemoryModule } from '#context-memory';
import { UsageModule } from '#usage';
import { ApiKeysController } from './api-keys.controller.js';
import { EmbeddingSpacesController } from './embedding-spaces.controller.js';
import { LimitsController } from './limits.controller.js';
import { LimitsService } from './limits.service.js';
import { ReconciliationController } from './reconciliation.controller.js';
import { ReconciliationService } from './reconciliation.service.js';
import { RedactionController } from './redaction.controller.js';
import { VirtualModelsController } from './virtual-models.controller.js';
import { WorkspacesController } from './workspaces.controller.js';

/** What operators do, under ADMIN_API_KEY. */
@Module({
  imports: [ContextMemoryModule, UsageModule],
  controllers: [
    WorkspacesController,
    ApiKeysController,
    LimitsController,
    ReconciliationController,
    RedactionController,
    VirtualModelsController,
    EmbeddingSpacesController,
  ],
  providers: [LimitsService, ReconciliationService],
})
export class AdminModule {}
