import type { JsonObject } from '#common';

/** How far a response is, and what came of it. */
export interface ResponseState {
  id: string;
  /** Seconds since the epoch. */
  createdAt: number;
  /** As the upstream named it; undefined before it did. */
  model: string | undefined;
  status: 'in_progress' | 'completed' | 'incomplete' | 'failed';
  output: readonly JsonObject[];
  usage: JsonObject | undefined;
  error: JsonObject | null;
  incompleteReason: 'max_output_tokens' | 'content_filter' | undefined;
}

/**
 * The response object: what was asked, as OpenAI repeats it, and how it stands. Nothing is stored and nothing runs in the
 * background here, whatever was asked.
 */
export function responseObject(asked: JsonObject, state: ResponseState): JsonObject {
  return {
    id: state.id,
    object: 'response',
    created_at: state.createdAt,
    completed_at: state.status === 'completed' ? Math.floor(Date.now() / 1000) : null,
    status: state.status,
    background: false,
    error: state.error,
    incomplete_details: state.incompleteReason === undefined ? null : { reason: state.incompleteReason },
    model: state.model ?? asked['model'],
    // A copy: the events of a stream are written after the state has gone on.
    output: [...state.output],
    usage: state.usage ?? null,
    ...repeated(asked),
    previous_response_id: null,
    store: false,
    access_programs: null,
  };
}

const repeated = (asked: JsonObject): JsonObject => ({
  instructions: asked['instructions'] ?? null,
  max_output_tokens: asked['max_output_tokens'] ?? null,
  max_tool_calls: asked['max_tool_calls'] ?? null,
  metadata: asked['metadata'] ?? {},
  parallel_tool_calls: asked['parallel_tool_calls'] ?? true,
  reasoning: { effort: null, summary: null, ...asObject(asked['reasoning']) },
  service_tier: asked['service_tier'] ?? 'default',
  temperature: asked['temperature'] ?? null,
  text: { format: { type: 'text' }, ...asObject(asked['text']) },
  tool_choice: asked['tool_choice'] ?? 'auto',
  tools: asked['tools'] ?? [],
  top_logprobs: 0,
  top_p: asked['top_p'] ?? null,
  truncation: asked['truncation'] ?? 'disabled',
  ...(asked['user'] != null && { user: asked['user'] }),
  ...(asked['prompt_cache_key'] != null && { prompt_cache_key: asked['prompt_cache_key'] }),
  ...(asked['safety_identifier'] != null && { safety_identifier: asked['safety_identifier'] }),
});

const asObject = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {});
