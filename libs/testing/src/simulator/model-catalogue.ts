import type { JsonObject } from '#common';

/** One model the simulator offers. */
export interface SimulatedModel {
  /** As clients name it: `vendor/slug`, where the slug may itself hold slashes. */
  id: string;
  name: string;
  description: string;
  kind: 'chat' | 'embeddings';
  /** What a chat model answers: the user's text, or also the recalled context it finds in the messages. */
  reply?: 'echo' | 'echo-with-context';
  /** `provider` in the replies. */
  provider: string;
  /** Tokens of prompt and completion together. */
  contextLength: number;
  maxCompletionTokens: number | null;
  /** USD for one token, as the decimal strings that OpenRouter sends. */
  pricing: { prompt: string; completion: string };
  /** Length of the vectors, for embeddings. */
  dimensions?: number;
}

const chat = (id: string, rest: Partial<SimulatedModel>): SimulatedModel => ({
  id,
  name: `Simulator: ${id}`,
  description: 'Deterministic stand-in that repeats the last user message. Not a real LLM.',
  kind: 'chat',
  reply: 'echo',
  provider: 'SimProvider A',
  contextLength: 128_000,
  maxCompletionTokens: 16_384,
  pricing: { prompt: '0.0000005', completion: '0.0000015' },
  ...rest,
});

/** The models of every simulator that is not given others. */
export const defaultModels: readonly SimulatedModel[] = [
  chat('demo/echo-with-context', {
    name: 'Demo model (simulator): echoes the context it was given, not a real LLM',
    description:
      'A demo without any intelligence: it quotes the recalled context and the question. Not a real LLM.',
    reply: 'echo-with-context',
    provider: 'Simulator',
  }),
  chat('sim/fast', {}),
  chat('sim/small-context', { contextLength: 1024, maxCompletionTokens: 512 }),
  chat('sim/vendor-b/slash-model', {
    provider: 'SimProvider B',
    pricing: { prompt: '0.000003', completion: '0.000015' },
  }),
  {
    id: 'sim/embed',
    name: 'Simulator: sim/embed',
    description: 'Deterministic unit vectors seeded by the text. Not a real embedding model.',
    kind: 'embeddings',
    provider: 'SimProvider A',
    contextLength: 8192,
    maxCompletionTokens: null,
    pricing: { prompt: '0.00000002', completion: '0' },
    dimensions: 384,
  },
];

const chatParameters = [
  'frequency_penalty',
  'max_tokens',
  'presence_penalty',
  'response_format',
  'seed',
  'stop',
  'structured_outputs',
  'temperature',
  'tool_choice',
  'tools',
  'top_p',
];

/** The entry of `GET /models`, with every field that OpenRouter's schema requires. */
export function modelEntry(model: SimulatedModel): JsonObject {
  const output = model.kind === 'chat' ? 'text' : 'embeddings';
  return {
    id: model.id,
    canonical_slug: model.id,
    hugging_face_id: null,
    name: model.name,
    created: 1_767_225_600,
    description: model.description,
    context_length: model.contextLength,
    architecture: {
      modality: `text->${output}`,
      input_modalities: ['text'],
      output_modalities: [output],
      tokenizer: 'GPT',
      instruct_type: null,
    },
    pricing: { ...model.pricing, request: '0', image: '0' },
    top_provider: {
      context_length: model.contextLength,
      max_completion_tokens: model.maxCompletionTokens,
      is_moderated: false,
    },
    per_request_limits: null,
    supported_parameters: model.kind === 'chat' ? chatParameters : [],
    default_parameters: null,
    supported_voices: null,
    knowledge_cutoff: null,
    expiration_date: null,
    links: { details: `/api/v1/models/${model.id}/endpoints` },
  };
}
