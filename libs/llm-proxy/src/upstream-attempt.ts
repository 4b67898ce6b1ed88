import { stringOf } from '#common';
import { CompletionTap, type UpstreamResponse } from '#openrouter';
import type { ClientStream } from './client-stream.js';

/** A call to be made. */
export interface CompletionCall {
  /** Below the upstream's base URL; `/chat/completions` when absent. */
  path?: string;
  /** JSON, ready for the upstream. */
  body: Buffer;
  /** For the log and the outcome. */
  model: string;
  stream: boolean;
  /** The client wants the chunk that counts; else it is read and left out. */
  includeUsage: boolean;
  /** Our count of the prompt, for settling calls that the provider did not count. */
  promptTokens: number;
  /** Aborts when the client leaves. */
  signal: AbortSignal;
}

/** One try at one model, and what was seen of it so far. */
export class UpstreamAttempt {
  readonly startedAt = performance.now();
  readonly tap = new CompletionTap();
  firstChunkMs: number | undefined;
  response: UpstreamResponse | undefined;

  /** The upstream took the call: from here on it may cost something, even if nothing comes. */
  get isAccepted(): boolean {
    return this.response?.status === 200;
  }

  /** As the answer's headers name it. */
  get generationId(): string | undefined {
    return stringOf(this.response?.headers['x-generation-id']);
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
