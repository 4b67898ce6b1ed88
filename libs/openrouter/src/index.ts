export { type CallTimeouts } from './call-deadlines.js';
export { CompletionClient, type CompletionClientOptions, type UpstreamCall } from './completion-client.js';
export { CompletionTap, type ChunkKind } from './completion-tap.js';
export { ClientGoneError, UpstreamError, type UpstreamErrorKind } from './openrouter.errors.js';
export {
  OpenRouterApi,
  type EmbeddingsAnswer,
  type GenerationRecord,
  type UpstreamModel,
} from './openrouter-api.js';
export { OpenRouterModule } from './openrouter.module.js';
export { SseSplitter, type SseEvent } from './sse-splitter.js';
export { type TokenUsage } from './token-usage.js';
export { errorIn, toUpstreamError } from './upstream-error.js';
export { UpstreamJournal } from './upstream-journal.js';
export { UpstreamResponse } from './upstream-response.js';
