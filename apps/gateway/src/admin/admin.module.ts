import { Module } from '@nestjs/common';
import { ApiKeysController } from './api-keys.controller.js';
import { LimitsController } from './limits.controller.js';
import { LimitsService } from './limits.service.js';
import { VirtualModelsController } from './virtual-models.controller.js';
import { WorkspacesController } from './workspaces.controller.js';

/** What operators do, under ADMIN_API_KEY. */
@Module({
  controllers: [WorkspacesController, ApiKeysController, LimitsController, VirtualModelsController],
  providers: [LimitsService],
})
export class AdminModule {}
