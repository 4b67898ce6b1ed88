import { type Clock, systemClock } from '#common';
import { UpstreamError, type UpstreamErrorKind } from '#openrouter';
import { EmbeddingUnavailableError } from '../context-memory.errors.js';
import type { Embedder, EmbeddingPurpose, EmbeddingSpace } from './embedder.port.js';

/** Failures in a row after which nobody waits for the next one. */
const failuresToOpen = 3;
/** What the provider says of a text, not of itself: one tenant's texts must not keep the others from it. */
const refusals: ReadonlySet<UpstreamErrorKind> = new Set([
  'invalid_request',
  'context_length',
  'content_policy',
]);
/** How long calls are refused at once; then one at a time tries again. */
const openMs = 10_000;

/**
 * Refuses at once what would fail anyway, so that recall falls back without waiting for a provider that is away. A call that
 * its own caller gave up says nothing about the provider unless it ran out of time, which is what an unanswered one does.
 */
export class BreakerEmbedder implements Embedder {
  private failures = 0;
  private openUntil = 0;
  private trying = false;

  constructor(
    private readonly inner: Embedder,
    private readonly clock: Clock = systemClock,
  ) {}

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
    const isTrial = this.failures >= failuresToOpen;
    if (isTrial && (this.trying || this.clock.now() < this.openUntil)) {
      throw new EmbeddingUnavailableError(`The embedding model ${this.space.model} keeps failing`);
    }
    if (isTrial) this.trying = true;
    try {
      const vectors = await this.inner.embed(texts, purpose, signal);
      this.failures = 0;
      return vectors;
    } catch (error) {
      if (signal?.aborted ? isTimeout(signal.reason) : !isRefusal(error)) this.note();
      throw error;
    } finally {
      if (isTrial) this.trying = false;
    }
  }

  private note(): void {
    this.failures += 1;
    if (this.failures >= failuresToOpen) this.openUntil = this.clock.now() + openMs;
  }
}

const isRefusal = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof UpstreamError && refusals.has(error.cause.kind);

const isTimeout = (reason: unknown): boolean => reason instanceof Error && reason.name === 'TimeoutError';
