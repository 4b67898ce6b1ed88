import { describe, expect, it } from 'vitest';
import { CachedQueryEmbedder } from './cached-query-embedder.js';
import type { Embedder } from './embedder.port.js';

function counting(): { asked: string[]; embedder: Embedder } {
  const asked: string[] = [];
  const embedder: Embedder = {
    space: { provider: 'test', model: 'length', dimensions: 1 },
    embed: (texts) => {
      asked.push(...texts);
      return Promise.resolve(texts.map((text) => Float32Array.of(text.length)));
    },
    start: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  return { asked, embedder };
}

describe('CachedQueryEmbedder', () => {
  it('asks for a query once and keeps the order of hits and misses', async () => {
    const { asked, embedder } = counting();
    const cached = new CachedQueryEmbedder(embedder);
    await cached.embed(['aa', 'b'], 'query');
    const vectors = await cached.embed(['dddd', 'aa', 'ccc', 'b'], 'query');
    expect(vectors.map((vector) => vector[0])).toEqual([4, 2, 3, 1]);
    expect(asked).toEqual(['aa', 'b', 'dddd', 'ccc']);
  });

  it('does not keep passages', async () => {
    const { asked, embedder } = counting();
    const cached = new CachedQueryEmbedder(embedder);
    await cached.embed(['aa'], 'passage');
    await cached.embed(['aa'], 'passage');
    expect(asked).toEqual(['aa', 'aa']);
  });

  it('forgets the oldest when it is full', async () => {
    const { asked, embedder } = counting();
    const cached = new CachedQueryEmbedder(embedder, 60);
    await cached.embed(['first'], 'query');
    await cached.embed(['second'], 'query');
    await cached.embed(['first'], 'query');
    expect(asked).toEqual(['first', 'second', 'first']);
  });
});
