export { type AnswerSink } from './answer-sink.js';
export { callsMade, type AttemptRecord } from './attempts/attempt-record.js';
export { chooseFallback } from './attempts/fallback-choice.js';
export { ModelFacts } from './attempts/model-facts.js';
export { Breakers } from './breaker/breakers.js';
export { type CompletionCall } from './completion-call.js';
export { type CompletionOutcome, type CompletionStatus, type CompletionUsage } from './completion-outcome.js';
export { CompletionProxy } from './completion-proxy.js';
export {
  readCompletionRequest,
  upstreamBody,
  type ChatMessage,
  type CompletionRequest,
} from './completion-request.js';
export { type AnswerTranslation, type DoorEvent } from './answer-translation.js';
export { contextOptionsInHeaders, type ContextOptions } from './context-options.js';
export { readEmbeddingsRequest, type EmbeddingsRequest } from './embeddings-request.js';
export { LlmProxyModule } from './llm-proxy.module.js';
export { ModelCatalogue, type CatalogueModel } from './model-catalogue.js';
export { MessageAnswer } from './messages/message-answer.js';
export { messageErrorBody } from './messages/message-error.js';
export { readMessageRequest } from './messages/message-request.js';
export { ResponseAnswer } from './responses/response-answer.js';
export { readResponseRequest } from './responses/response-request.js';
export { contextRefused, readTextCompletionRequest } from './text-completion-request.js';
export { TranslatedSink } from './translated-sink.js';
