export { type AnswerSink } from './answer-sink.js';
export { type CompletionOutcome, type CompletionStatus, type CompletionUsage } from './completion-outcome.js';
export { CompletionProxy } from './completion-proxy.js';
export {
  readCompletionRequest,
  upstreamBody,
  type ChatMessage,
  type CompletionRequest,
} from './completion-request.js';
export { contextOptionsInHeaders, type ContextOptions } from './context-options.js';
export { readEmbeddingsRequest, type EmbeddingsRequest } from './embeddings-request.js';
export { LlmProxyModule } from './llm-proxy.module.js';
export { ModelCatalogue, type CatalogueModel } from './model-catalogue.js';
export { type CompletionCall } from './upstream-attempt.js';
