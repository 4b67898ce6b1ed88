import { describe, expect, it } from 'vitest';
import { EmbeddingUnavailableError } from '../context-memory.errors.js';
import { OpenRouterEmbedder, type EmbeddingsApi } from './openrouter-embedder.js';

type Answer = Awaited<ReturnType<EmbeddingsApi['embeddings']>>;

/** Answers each text with `[its length, 1]`, last text first; `spoil` makes of that what it likes. */
function upstream(spoil: (answer: Answer) => Answer = (answer) => answer) {
  const sizes: number[] = [];
  const api: EmbeddingsApi = {
    embeddings: ({ input }) => {
      sizes.push(input.length);
      const data = input.map((text, index) => ({ index, embedding: [text.length, 1] })).toReversed();
      return Promise.resolve(spoil({ data }));
    },
  };
  return { sizes, embedder: new OpenRouterEmbedder(api, 'some/model', 2) };
}

describe('OpenRouterEmbedder', () => {
  it('sends at most 64 texts at a time and answers in the order of the texts', async () => {
    const { sizes, embedder } = upstream();
    const texts = Array.from({ length: 150 }, (_, i) => 'x'.repeat(i));
    const vectors = await embedder.embed(texts, 'passage');
    expect(sizes).toEqual([64, 64, 22]);
    expect(vectors.map((vector) => vector[0])).toEqual(texts.map((text) => text.length));
  });

  it.each<[string, (answer: Answer) => Answer]>([
    ['a missing vector', ({ data }) => ({ data: data.slice(1) })],
    ['the wrong dimensions', ({ data }) => ({ data: data.map((item) => ({ ...item, embedding: [1] })) })],
    ['NaN', ({ data }) => ({ data: data.map((item) => ({ ...item, embedding: [Number.NaN, 1] })) })],
    [
      'more than float32 holds',
      ({ data }) => ({ data: data.map((item) => ({ ...item, embedding: [1e39, 1] })) }),
    ],
    [
      'a refusal',
      () => {
        throw new Error('429');
      },
    ],
  ])('is unavailable on %s', async (_name, spoil) => {
    await expect(upstream(spoil).embedder.embed(['a', 'b'], 'query')).rejects.toThrow(
      EmbeddingUnavailableError,
    );
  });

  it('passes an abort through as what it is', async () => {
    const reason = new Error('client left');
    await expect(upstream().embedder.embed(['a'], 'query', AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
