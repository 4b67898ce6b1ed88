import { Module } from '@nestjs/common';
import { OpenRouterModule } from '#openrouter';
import { AttemptPolicy } from './attempts/attempt-policy.js';
import { CompletionAttempts } from './attempts/completion-attempts.js';
import { ModelFacts } from './attempts/model-facts.js';
import { BreakerSharing } from './breaker/breaker-sharing.js';
import { Breakers } from './breaker/breakers.js';
import { CompletionProxy } from './completion-proxy.js';
import { ModelCatalogue } from './catalogue/model-catalogue.js';
import { ModelRepository } from './catalogue/model.repository.js';
import { EmbeddingsProxy } from './embeddings-proxy.js';
import { UpstreamCaller } from './upstream-caller.js';

/** Which upstream serves a call, what is done when it fails, and how its answer gets to the client. */
@Module({
  imports: [OpenRouterModule],
  providers: [
    CompletionProxy,
    CompletionAttempts,
    EmbeddingsProxy,
    AttemptPolicy,
    UpstreamCaller,
    Breakers,
    BreakerSharing,
    ModelRepository,
    ModelCatalogue,
    { provide: ModelFacts, useExisting: ModelCatalogue },
  ],
  exports: [CompletionProxy, EmbeddingsProxy, ModelCatalogue, Breakers, OpenRouterModule],
})
export class LlmProxyModule {}
