import { isJsonObject, parseJson } from '#common';
import { type SseEvent, SseSplitter, UpstreamError, type UpstreamResponse } from '#openrouter';
import type { ClientStream } from './client-stream.js';
import type { HeldAnswer, UpstreamAttempt } from './upstream-attempt.js';

/** Proxies in between must neither buffer nor compress; nginx knows only its own word for it. */
const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

/** Bytes that may come before the first real chunk: roles and ids, not a flood. */
const largestPreamble = 1024 * 1024;
const doneEvent = Buffer.from('data: [DONE]\n\n');
const blankLine = Buffer.from('\n\n');

/** A completion in events: held until its first real chunk, then forwarded as it comes, whole events with their own bytes. */
export class StreamAnswer implements HeldAnswer {
  private readonly splitter = new SseSplitter();
  private readonly held: Buffer[] = [];
  private heldBytes = 0;
  /** The `[DONE]`, or an error event, was read: nothing after it counts. */
  private isDone = false;
  /** At least one event was JSON, as a model's are. */
  private hasChunks = false;
  /** Found behind events that are still good, to be thrown when those were sent. */
  private failure: UpstreamError | undefined;

  private constructor(
    private readonly attempt: UpstreamAttempt,
    private readonly response: UpstreamResponse,
    private readonly includeUsage: boolean,
  ) {}

  /** @throws UpstreamError for an error event before anything real, and for a stream with nothing real in it. */
  static async hold(
    attempt: UpstreamAttempt,
    response: UpstreamResponse,
    includeUsage: boolean,
  ): Promise<StreamAnswer> {
    const answer = new StreamAnswer(attempt, response, includeUsage);
    while (!attempt.tap.began) {
      const bytes = await answer.read();
      if (bytes === undefined) throw answer.nothing();
      answer.keep(bytes);
    }
    attempt.began();
    return answer;
  }

  async sendTo(client: ClientStream): Promise<void> {
    client.start(streamHeaders);
    await client.write(Buffer.concat(this.held));
    for (let bytes = await this.read(); bytes !== undefined; bytes = await this.read()) {
      if (bytes.length > 0) await client.write(bytes);
    }
    client.end();
  }

  /** What the next chunk adds for the client, perhaps nothing; undefined after the end. */
  private async read(): Promise<Buffer | undefined> {
    if (this.failure) throw this.failure;
    if (this.isDone) {
      this.response.release();
      return undefined;
    }
    const chunk = await this.response.read();
    if (chunk === undefined) return this.ending();
    return this.forwardable(this.splitter.push(chunk));
  }

  /** Why a stream came to its end without anything real: the model said nothing, or it was no stream of a model's. */
  private nothing(): UpstreamError {
    return new UpstreamError(this.hasChunks ? 'empty' : 'malformed', {
      upstreamStatus: this.response.status,
    });
  }

  private keep(bytes: Buffer): void {
    this.held.push(bytes);
    this.heldBytes += bytes.length;
    const isFlood = !this.attempt.tap.began && this.heldBytes > largestPreamble;
    if (isFlood) throw new UpstreamError('malformed', { upstreamStatus: this.response.status });
  }

  private forwardable(events: SseEvent[]): Buffer {
    const bytes: Buffer[] = [];
    for (const event of events) {
      if (this.isDone || this.failure) break;
      if (event.kind === 'done') this.isDone = true;
      if (event.kind === 'comment' || (event.kind === 'data' && !this.passes(event))) continue;
      bytes.push(event.raw);
    }
    const [only] = bytes;
    return bytes.length === 1 && only ? only : Buffer.concat(bytes);
  }

  private passes(event: SseEvent): boolean {
    const chunk = parseJson(event.data);
    if (!isJsonObject(chunk)) {
      this.failure = new UpstreamError('malformed', { upstreamStatus: this.response.status });
      return false;
    }
    this.hasChunks = true;
    const { tap } = this.attempt;
    const kind = tap.read(chunk);
    if (kind === 'content') this.response.progress();
    if (kind === 'error') {
      this.isDone = true;
      // SDKs look for an error at the top of a chunk only; one in a choice would end the stream in silence.
      if (!tap.began || !chunk['error']) this.failure = tap.error;
    }
    return this.failure === undefined && (kind !== 'usage' || this.includeUsage);
  }

  /** The upstream closed the stream. Some leave out the last blank line, some the `[DONE]`; a finish reason is never missing. */
  private ending(): Buffer {
    const rest = this.splitter.end();
    const last = rest && this.isWhole(rest) ? this.forwardable([rest]) : Buffer.alloc(0);
    if (this.failure) throw this.failure;
    const { tap } = this.attempt;
    const closing: Buffer[] = last.length > 0 ? [last, blankLine] : [];
    if (!this.isDone && tap.error === undefined) {
      if (tap.finishReason === undefined) throw new UpstreamError(this.hasChunks ? 'cut_short' : 'malformed');
      closing.push(doneEvent);
    }
    this.isDone = true;
    return Buffer.concat(closing);
  }

  private isWhole(rest: SseEvent): boolean {
    return rest.kind === 'done' || isJsonObject(parseJson(rest.data));
  }
}
