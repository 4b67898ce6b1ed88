import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { keyedHash } from '#common';
import type { Embedder, EmbeddingPurpose, EmbeddingSpace } from './embedder.port.js';
import { embeddingSpaceKey } from './embedder.port.js';

/** Bytes of hashes and vectors that are kept: about 5,000 queries of the local model. */
const defaultMaxBytes = 8 * 1024 * 1024;

/** A question may quote what is forgotten a moment later, and a vector tells something of its text: none outlives this. */
const rememberedMs = 3_600_000;

/**
 * Remembers the vectors of queries: agents ask the same thing again and again. Passages pass through. Questions themselves are
 * not kept, only their hashes under a key that no other process knows.
 */
export class CachedQueryEmbedder implements Embedder {
  private readonly known: LRUCache<string, Float32Array>;
  private readonly secret = randomBytes(32).toString('hex');

  constructor(
    private readonly inner: Embedder,
    maxBytes = defaultMaxBytes,
  ) {
    this.known = new LRUCache<string, Float32Array>({
      maxSize: maxBytes,
      ttl: rememberedMs,
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
    return keyedHash(this.secret, `${embeddingSpaceKey(this.space)} ${text}`);
  }
}
