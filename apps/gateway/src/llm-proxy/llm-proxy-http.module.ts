import { Module } from '@nestjs/common';
import { ContextMemoryModule } from '#context-memory';
import { KeptAnswersModule, LlmProxyModule } from '#llm-proxy';
import { ApiKeyGuard } from '../auth/index.js';
import { LimitHeadersFilter } from '../rate-limit/index.js';
import { CallerModels } from './caller-models.js';
import { ChatCompletion } from './chat-completion.js';
import { ChatCompletionsController } from './chat-completions.controller.js';
import { ChatMemory } from './chat-memory.js';
import { ChatWorkingSet } from './chat-working-set.js';
import { AnswerFlights } from './answer-flights.js';
import { CompletionCache } from './completion-cache.js';
import { CompletionsController } from './completions.controller.js';
import { Doors } from './doors.js';
import { EmbeddingCall } from './embedding-call.js';
import { EmbeddingsController } from './embeddings.controller.js';
import { FrontDoors } from './front-doors.js';
import { Idempotency } from './idempotency.js';
import { MessagesController } from './messages.controller.js';
import { ModelRouter } from './model-router.js';
import { ModelController } from './model.controller.js';
import { ModelsController } from './models.controller.js';
import { PromptCounter } from './prompt-counter.js';
import { ResponsesController } from './responses.controller.js';
import { SetSummariser } from './set-summariser.js';

/** The doors to models, and the place where the features meet: recall inside a chat call is composed here. */
@Module({
  imports: [LlmProxyModule, KeptAnswersModule, ContextMemoryModule],
  controllers: [
    ChatCompletionsController,
    ResponsesController,
    MessagesController,
    CompletionsController,
    EmbeddingsController,
    ModelController,
    ModelsController,
  ],
  providers: [
    ChatCompletion,
    ChatMemory,
    ChatWorkingSet,
    AnswerFlights,
    CompletionCache,
    Doors,
    EmbeddingCall,
    FrontDoors,
    Idempotency,
    ModelRouter,
    PromptCounter,
    SetSummariser,
    CallerModels,
    // For FrontDoors, which calls them itself.
    ApiKeyGuard,
    LimitHeadersFilter,
  ],
})
export class LlmProxyHttpModule {}
