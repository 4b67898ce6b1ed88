import type { Dispatcher } from 'undici';
import type { CallDeadlines } from './call-deadlines.js';
import { UpstreamError } from './openrouter.errors.js';

/** Header names in lower case. */
export type UpstreamHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Bytes that may wait for a slow reader before the upstream's socket is told to stop. */
const highWater = 256 * 1024;

/** After the last event a connection gets this long to end by itself and be used again. */
const releaseMs = 1_000;

/**
 * The answer to one upstream call: status and headers, then the body's chunks as the socket gave them, without a copy. For
 * one reader; when it is slow, the upstream waits.
 */
export class UpstreamResponse {
  private readonly chunks: Buffer[] = [];
  private buffered = 0;
  private ended = false;
  private released = false;
  private failure: Error | undefined;
  private wake: (() => void) | undefined;
  private releaseTimer: NodeJS.Timeout | undefined;

  constructor(
    readonly status: number,
    readonly headers: UpstreamHeaders,
    private readonly controller: Dispatcher.DispatchController,
    private readonly deadlines: CallDeadlines,
  ) {}

  /**
   * The next chunk, or undefined after the last.
   * @throws UpstreamError or ClientGoneError: what ended the call early, once everything before it was read.
   */
  async read(): Promise<Buffer | undefined> {
    for (;;) {
      const chunk = this.chunks.shift();
      if (chunk !== undefined) {
        this.buffered -= chunk.length;
        if (this.controller.paused && this.buffered < highWater) this.controller.resume();
        return chunk;
      }
      if (this.failure !== undefined) throw this.failure;
      if (this.ended) return undefined;
      this.deadlines.waiting();
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /**
   * The whole body.
   * @throws UpstreamError as `read` does, and `malformed` when it is longer than `limit` bytes.
   */
  async readAll(limit: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let length = 0;
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > limit) throw new UpstreamError('malformed', { upstreamStatus: this.status });
    }
    return Buffer.concat(chunks, length);
  }

  /** A real chunk was read: the first ends the first-chunk time-out, each starts the idle time-out anew. */
  progress(): void {
    this.deadlines.progress();
  }

  /** Destroys the connection at once. */
  abort(reason: Error): void {
    if (!this.ended) this.controller.abort(reason);
  }

  /** The reader has what it wants. The rest is thrown away; if it takes long, so is the connection. */
  release(): void {
    if (this.ended || this.released) return;
    this.released = true;
    this.deadlines.stop();
    this.chunks.length = 0;
    this.releaseTimer = setTimeout(
      () => this.abort(new Error('The upstream did not end its answer')),
      releaseMs,
    );
    if (this.controller.paused) this.controller.resume();
  }

  /** For the client only: bytes came. */
  receive(chunk: Buffer): void {
    if (this.released) return;
    this.deadlines.arrived();
    this.chunks.push(chunk);
    this.buffered += chunk.length;
    if (this.buffered >= highWater) this.controller.pause();
    this.wake?.();
  }

  /** For the client only: the body is complete, or failed. */
  finish(failure?: Error): void {
    this.ended = true;
    this.failure = failure;
    clearTimeout(this.releaseTimer);
    this.wake?.();
  }
}
