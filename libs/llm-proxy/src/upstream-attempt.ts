import { stringOf } from '#common';
import { CompletionTap, type UpstreamResponse } from '#openrouter';
import type { Pass } from './breaker/breakers.js';
import type { ClientStream } from './client-stream.js';

/** One try at one model, and what was seen of it so far. */
export class UpstreamAttempt {
  readonly startedAt = performance.now();
  readonly tap = new CompletionTap();
  firstChunkMs: number | undefined;
  response: UpstreamResponse | undefined;

  /** @param pass leave of the breakers to make it */
  constructor(readonly pass: Pass) {}

  get model(): string {
    return this.pass.model;
  }

  /** The upstream took the call: from here on it may cost something, even if nothing comes. */
  get isAccepted(): boolean {
    return this.response?.status === 200;
  }

  /** OpenRouter names a generation in a header, too: then it is known of a stream that never came to its first chunk. */
  get generationId(): string | undefined {
    return this.tap.generationId ?? stringOf(this.response?.headers['x-generation-id']);
  }

  get latencyMs(): number {
    return performance.now() - this.startedAt;
  }

  /** The first real chunk, or the body, is here. */
  began(): void {
    this.firstChunkMs ??= this.latencyMs;
  }
}

/** An answer of which nothing was sent yet: the upstream can still be given up for another. */
export interface HeldAnswer {
  /**
   * Sends what is held and whatever follows.
   * @throws UpstreamError when the upstream fails on the way; ClientGoneError when the sink does.
   */
  sendTo(sink: ClientStream): Promise<void>;
}
