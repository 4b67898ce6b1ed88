export { type AnswerSink } from './answer-sink.js';
export { callsMade, type AttemptRecord } from './attempts/attempt-record.js';
export { chooseFallback } from './attempts/fallback-choice.js';
export { ModelFacts } from './attempts/model-facts.js';
export { Breakers } from './breaker/breakers.js';
export { type CompletionCall } from './completion-call.js';
export { type CatalogueModel, type ListedModel } from './catalogue/catalogue-model.js';
export { ModelCatalogue } from './catalogue/model-catalogue.js';
export { ModelSync } from './catalogue/model-sync.js';
export { ModelSyncModule } from './catalogue/model-sync.module.js';
export { type CompletionOutcome, type CompletionStatus, type CompletionUsage } from './completion-outcome.js';
export { CompletionProxy } from './completion-proxy.js';
export {
  readCompletionRequest,
  upstreamBody,
  type ChatMessage,
  type CompletionRequest,
} from './completion-request.js';
export { bytesOf, type AnswerTranslation, type DoorEvent } from './answer-translation.js';
export { contextOptionsInHeaders, type ContextOptions } from './context-options.js';
export { AnswerEraser } from './kept-answers/answer-eraser.js';
export { AnswerRecording } from './kept-answers/answer-recording.js';
export { CollectingSink } from './kept-answers/collecting-sink.js';
export { followAnswer } from './kept-answers/follow-answer.js';
export {
  leaseMs,
  type AnswerHeaders,
  type AnswerName,
  type Claim,
  type Followed,
} from './kept-answers/kept-answer.js';
export { KeptAnswerStore } from './kept-answers/kept-answer.store.js';
export { KeptAnswersModule } from './kept-answers/kept-answers.module.js';
export { RecordingSink } from './kept-answers/recording-sink.js';
export {
  answerAgain,
  cacheable,
  outcomeOfAnother,
  ResponseCache,
  type CachedAnswer,
} from './kept-answers/response-cache.js';
export { EmbeddingsProxy } from './embeddings-proxy.js';
export { embeddingsBody, readEmbeddingsRequest, type EmbeddingsRequest } from './embeddings-request.js';
export { IdempotencyKeyReusedError, ModelNotFoundError } from './llm-proxy.errors.js';
export { LlmProxyModule } from './llm-proxy.module.js';
export { MessageAnswer } from './messages/message-answer.js';
export { messageErrorBody } from './messages/message-error.js';
export { readMessageRequest } from './messages/message-request.js';
export { ResponseAnswer } from './responses/response-answer.js';
export { readResponseRequest } from './responses/response-request.js';
export { contextRefused, readTextCompletionRequest } from './text-completion-request.js';
export { TranslatedSink } from './translated-sink.js';
export { type PromptSize, roomIn, routesThatFit } from './routing/context-window.js';
export { resolveRoutes, type VirtualModels } from './routing/resolve-routes.js';
export { openRouterErrorBody, openRouterErrorEvent, withOpenRouterErrors } from './openrouter-error.js';
