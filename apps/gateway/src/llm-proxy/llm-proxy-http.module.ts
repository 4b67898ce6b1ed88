import { Module } from '@nestjs/common';
import { ContextMemoryModule } from '#context-memory';
import { LlmProxyModule } from '#llm-proxy';
import { CallerModels } from './caller-models.js';
import { ChatCompletion } from './chat-completion.js';
import { ChatCompletionsController } from './chat-completions.controller.js';
import { ChatMemory } from './chat-memory.js';
import { EmbeddingCall } from './embedding-call.js';
import { EmbeddingsController } from './embeddings.controller.js';
import { ModelRouter } from './model-router.js';
import { ModelsController } from './models.controller.js';

/** The OpenAI doors, and the place where the features meet: recall inside a chat call is composed here. */
@Module({
  imports: [LlmProxyModule, ContextMemoryModule],
  controllers: [ChatCompletionsController, EmbeddingsController, ModelsController],
  providers: [ChatCompletion, ChatMemory, EmbeddingCall, ModelRouter, CallerModels],
})
export class LlmProxyHttpModule {}
