import { Module } from '@nestjs/common';
import { OpenRouterModule } from '#openrouter';
import { CompletionAttempts } from './attempts/completion-attempts.js';
import { ModelFacts } from './attempts/model-facts.js';
import { BreakerSharing } from './breaker/breaker-sharing.js';
import { Breakers } from './breaker/breakers.js';
import { CompletionProxy } from './completion-proxy.js';
import { ModelCatalogue } from './catalogue/model-catalogue.js';
import { ModelRepository } from './catalogue/model.repository.js';
import { UpstreamCaller } from './upstream-caller.js';

/** Which upstream serves a call, what is done when it fails, and how its answer gets to the client. */
@Module({
  imports: [OpenRouterModule],
  providers: [
    CompletionProxy,
    CompletionAttempts,
    UpstreamCaller,
    Breakers,
    BreakerSharing,
    ModelRepository,
    ModelCatalogue,
    { provide: ModelFacts, useExisting: ModelCatalogue },
  ],
  exports: [CompletionProxy, ModelCatalogue, Breakers, OpenRouterModule],
})
export class LlmProxyModule {}
