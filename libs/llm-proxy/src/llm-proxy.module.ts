import { Module } from '@nestjs/common';
import { OpenRouterModule } from '#openrouter';
import { CompletionProxy } from './completion-proxy.js';
import { ModelCatalogue } from './catalogue/model-catalogue.js';
import { ModelRepository } from './catalogue/model.repository.js';

/** Which upstream serves a call, and how its answer gets to the client. */
@Module({
  imports: [OpenRouterModule],
  providers: [CompletionProxy, ModelRepository, ModelCatalogue],
  exports: [CompletionProxy, ModelCatalogue, OpenRouterModule],
})
export class LlmProxyModule {}
