import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createOpenRouter } from '@openrouter/ai-sdk-provider';
import type { EmbeddingModel, LanguageModel } from 'ai';
import type { Target } from './targets.js';

/** A provider of the AI SDK, as far as the cases need it. */
interface Models {
  chat(id: string, user?: string): LanguageModel;
  embed(id: string): EmbeddingModel;
}

/** Both providers parse every chunk with a strict schema of their own. */
export const providers: Record<string, (target: Target) => Models> = {
  '@ai-sdk/openai-compatible': ({ origin, apiKey }) => {
    // The body's `user` is the provider's option by this name.
    const provider = createOpenAICompatible({
      name: 'gateway',
      baseURL: `${origin}/v1`,
      apiKey,
      includeUsage: true,
      supportsStructuredOutputs: true,
    });
    return { chat: (id) => provider(id), embed: (id) => provider.embeddingModel(id) };
  },
  '@openrouter/ai-sdk-provider': ({ origin, apiKey }) => {
    const provider = createOpenRouter({ baseURL: `${origin}/api/v1`, apiKey });
    return {
      chat: (id, user) => provider.chat(id, user === undefined ? {} : { user }),
      embed: (id) => provider.textEmbeddingModel(id),
    };
  },
};
