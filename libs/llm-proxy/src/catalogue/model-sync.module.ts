import { Module } from '@nestjs/common';
import { OpenRouterModule } from '#openrouter';
import { ModelRepository } from './model.repository.js';
import { ModelSync } from './model-sync.js';

/** The worker's half of the catalogue: keeping the stored one up to date. */
@Module({ imports: [OpenRouterModule], providers: [ModelRepository, ModelSync], exports: [ModelSync] })
export class ModelSyncModule {}
