import { Module } from '@nestjs/common';
import { ApiKeysController } from './api-keys.controller.js';
import { VirtualModelsController } from './virtual-models.controller.js';
import { WorkspacesController } from './workspaces.controller.js';

/** What operators do, under ADMIN_API_KEY. */
@Module({ controllers: [WorkspacesController, ApiKeysController, VirtualModelsController] })
export class AdminModule {}
