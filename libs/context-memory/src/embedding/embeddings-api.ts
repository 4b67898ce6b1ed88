import { isJsonObject } from '#common';
import type { OpenRouterApi } from '#openrouter';
import type { EmbeddingsApi } from './openrouter-embedder.js';

type Embedding = Awaited<ReturnType<EmbeddingsApi['embeddings']>>['data'][number];

/** The upstream's embeddings as the embedder asks for them; entries that are none are left out, and so are missed there. */
export const embeddingsOver = (upstream: OpenRouterApi): EmbeddingsApi => ({
  async embeddings(body, signal) {
    const { parsed } = await upstream.embeddings(JSON.stringify(body), body.model, signal);
    const { data } = parsed;
    return { data: Array.isArray(data) ? data.filter(isEmbedding) : [] };
  },
});

const isEmbedding = (entry: unknown): entry is Embedding =>
  isJsonObject(entry) &&
  typeof entry['index'] === 'number' &&
  Array.isArray(entry['embedding']) &&
  entry['embedding'].every((number) => typeof number === 'number');
