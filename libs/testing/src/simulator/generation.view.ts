import type { JsonObject } from '#common';
import type { ServedCall } from './ledger.js';

const between = (from: string, to: string | null): number | null =>
  to === null ? null : Date.parse(to) - Date.parse(from);

/** `data` of `GET /generation`: the truth about a call, with every field that OpenRouter's schema requires. */
export function generationOf(call: ServedCall): JsonObject {
  return {
    id: call.id,
    upstream_id: `sim-${call.id}`,
    api_type: call.endpoint === 'embeddings' ? 'embeddings' : 'completions',
    created_at: call.started_at,
    model: call.model,
    provider_name: call.provider,
    streamed: call.streamed,
    cancelled: call.cancelled,
    finish_reason: call.finish_reason,
    native_finish_reason: call.finish_reason,
    total_cost: call.cost,
    usage: call.cost,
    upstream_inference_cost: null,
    cache_discount: null,
    is_byok: false,
    tokens_prompt: call.prompt_tokens,
    tokens_completion: call.completion_tokens,
    native_tokens_prompt: call.prompt_tokens,
    native_tokens_completion: call.completion_tokens,
    native_tokens_completion_images: 0,
    native_tokens_reasoning: 0,
    native_tokens_cached: 0,
    latency: between(call.started_at, call.first_byte_at),
    generation_time: between(call.first_byte_at ?? call.started_at, call.ended_at),
    moderation_latency: null,
    num_media_prompt: 0,
    num_media_completion: 0,
    num_input_audio_prompt: 0,
    num_search_results: 0,
    num_fetches: 0,
    web_search_engine: null,
    origin: '',
    http_referer: call.headers.referer ?? call.headers['http-referer'] ?? null,
    user_agent: call.headers['user-agent'] ?? null,
    external_user: call.user,
    app_id: null,
    preset_id: null,
    router: null,
    provider_responses: null,
    service_tier: null,
    session_id: null,
    data_region: 'global',
    workspace_id: null,
  };
}
