import type { GatewayError } from '#common';
import type { AnswerSink } from '../answer-sink.js';
import { chatErrorEvent } from '../client-stream.js';
import type { AnswerRecording } from './answer-recording.js';
import type { AnswerHeaders } from './kept-answer.js';

/**
 * Records an answer on its way to the client, byte for byte. A client that leaves does not end the call, as it would without
 * a recording: it, or whoever else has the key, comes back for the answer. Only when nobody can read it any more is it given up.
 */
export class RecordingSink implements AnswerSink {
  /** The answer came to an end of its own, good or bad. */
  hasEnded = false;
  readonly fail?: NonNullable<AnswerSink['fail']>;
  private hasLeft = false;

  /** @param headers all that belong to the answer, asked for when it has begun with those */
  constructor(
    private readonly client: AnswerSink,
    private readonly recording: AnswerRecording,
    private readonly headers: (begun: AnswerHeaders) => AnswerHeaders,
  ) {
    // Whoever reads the record has words of its own for a failure, and finds chat's.
    if (client.fail) this.fail = (error) => this.failed(error);
  }

  start(status: number, headers: Readonly<Record<string, string>>): void {
    this.client.start(status, headers);
    this.recording.begin(this.headers(headers));
  }

  write(bytes: Buffer): Promise<void> | undefined {
    this.recording.append(bytes);
    return this.hasLeft ? this.unheard() : this.heard(bytes);
  }

  end(): void {
    this.hasEnded = true;
    if (!this.hasLeft) this.client.end();
  }

  private failed(error: GatewayError): Promise<void> | undefined {
    this.recording.append(chatErrorEvent(error));
    return this.hasLeft ? undefined : this.client.fail?.(error);
  }

  private async heard(bytes: Buffer): Promise<void> {
    try {
      await this.client.write(bytes);
    } catch {
      this.hasLeft = true;
      this.unheard();
    }
  }

  private unheard(): undefined {
    if (this.recording.isGivenUp) throw new Error('Nobody can read this answer');
  }
}
