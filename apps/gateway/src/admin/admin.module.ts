import { Module } from '@nestjs/common';
import { UsageModule } from '#usage';
import { ApiKeysController } from './api-keys.controller.js';
import { ReconciliationController } from './reconciliation.controller.js';
import { ReconciliationService } from './reconciliation.service.js';
import { WorkspacesController } from './workspaces.controller.js';

/** What operators do, under ADMIN_API_KEY. */
@Module({
  imports: [UsageModule],
  controllers: [WorkspacesController, ApiKeysController, ReconciliationController],
  providers: [ReconciliationService],
})
export class AdminModule {}
