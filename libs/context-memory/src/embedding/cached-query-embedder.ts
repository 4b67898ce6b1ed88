import { LRUCache } from 'lru-cache';
import type { Embedder, EmbeddingPurpose, EmbeddingSpace } from './embedder.port.js';
import { embeddingSpaceKey } from './embedder.port.js';

/** Bytes of texts and vectors that are kept: about 4,000 short queries. */
const defaultMaxBytes = 8 * 1024 * 1024;

/** Remembers the vectors of queries: agents ask the same thing again and again. Passages pass through. */
export class CachedQueryEmbedder implements Embedder {
  private readonly known: LRUCache<string, Float32Array>;

  constructor(
    private readonly inner: Embedder,
    maxBytes = defaultMaxBytes,
  ) {
    this.known = new LRUCache<string, Float32Array>({
      maxSize: maxBytes,
      sizeCalculation: (vector, key) => vector.byteLength + key.length * 2,
    });
  }

  get space(): EmbeddingSpace {
    return this.inner.space;
  }

  start(): Promise<void> {
    return this.inner.start();
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  async embed(texts: string[], purpose: EmbeddingPurpose, signal?: AbortSignal): Promise<Float32Array[]> {
    if (purpose !== 'query') return this.inner.embed(texts, purpose, signal);
    const vectors = texts.map((text) => this.known.get(this.key(text)));
    const missing = texts.filter((_, i) => !vectors[i]);
    const fresh = missing.length > 0 ? await this.inner.embed(missing, purpose, signal) : [];
    for (const [i, vector] of fresh.entries()) this.known.set(this.key(missing[i] ?? ''), vector);
    const rest = fresh.values();
    return vectors.map((vector) => vector ?? rest.next().value ?? new Float32Array(0));
  }

  private key(text: string): string {
    return `${embeddingSpaceKey(this.space)} ${text}`;
  }
}
