import type { AnswerSink } from '../answer-sink.js';
import type { AnswerHeaders } from './kept-answer.js';

/** Takes a copy of an answer on its way, unless it is too long. */
export class CollectingSink implements AnswerSink {
  readonly fail?: NonNullable<AnswerSink['fail']>;
  private headers: AnswerHeaders | undefined;
  private readonly pieces: Buffer[] = [];
  private size = 0;

  constructor(
    private readonly inner: AnswerSink,
    private readonly maxBytes: number,
  ) {
    // A sink that has no words of its own for a failure must not seem to have some.
    if (inner.fail) this.fail = (error) => inner.fail?.(error);
  }

  /** What came; undefined when nothing did, or too much. */
  get collected(): { headers: AnswerHeaders; body: Buffer } | undefined {
    if (this.headers === undefined || this.size > this.maxBytes) return undefined;
    return { headers: this.headers, body: Buffer.concat(this.pieces) };
  }

  start(status: number, headers: Readonly<Record<string, string>>): void {
    this.headers = headers;
    this.inner.start(status, headers);
  }

  write(bytes: Buffer): Promise<void> | undefined {
    this.size += bytes.length;
    if (this.size > this.maxBytes) this.pieces.length = 0;
    else this.pieces.push(bytes);
    return this.inner.write(bytes);
  }

  end(): void {
    this.inner.end();
  }
}
