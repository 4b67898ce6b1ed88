import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createOpenRouter } from '@openrouter/ai-sdk-provider';
import type { EmbeddingModel, LanguageModel } from 'ai';
import type { Target } from './targets.js';

/** A provider of the AI SDK, as far as the cases need it. */
export interface Models {
  chat(id: string): LanguageModel;
  embed(id: string): EmbeddingModel;
}

/** Both parse every chunk with a strict schema of their own. */
export const providers: [name: string, models: (target: Target) => Models][] = [
  [
    '@ai-sdk/openai-compatible',
    ({ origin, apiKey }) => {
      const provider = createOpenAICompatible({
        name: 'gateway',
        baseURL: `${origin}/v1`,
        apiKey,
        includeUsage: true,
        supportsStructuredOutputs: true,
      });
      return { chat: (id) => provider(id), embed: (id) => provider.embeddingModel(id) };
    },
  ],
  [
    '@openrouter/ai-sdk-provider',
    ({ origin, apiKey }) => {
      const provider = createOpenRouter({ baseURL: `${origin}/api/v1`, apiKey });
      return { chat: (id) => provider.chat(id), embed: (id) => provider.textEmbeddingModel(id) };
    },
  ],
];
