import type { GatewayError } from '#common';
import { ClientGoneError } from '#openrouter';
import type { AnswerSink } from './answer-sink.js';

/** The last event of a chat stream that cannot go on. */
export const chatErrorEvent = (error: GatewayError): Buffer =>
  Buffer.from(`data: ${JSON.stringify(error.toBody())}\n\n`);

/** The client's side of one call: knows whether the answer has begun, and gives every failure of a sink one name. */
export class ClientStream {
  hasBegun = false;

  constructor(private readonly sink: AnswerSink) {}

  start(headers: Readonly<Record<string, string>>): void {
    this.hasBegun = true;
    this.sink.start(200, headers);
  }

  /** @throws ClientGoneError */
  async write(bytes: Buffer): Promise<void> {
    try {
      await this.sink.write(bytes);
    } catch {
      throw new ClientGoneError();
    }
  }

  end(): void {
    this.sink.end();
  }

  /** A stream that failed on its way never just stops: its last event says why, in the shape that SDKs throw. */
  async endWith(error: GatewayError): Promise<void> {
    if (this.sink.fail) await this.sink.fail(error);
    else await this.write(chatErrorEvent(error));
    this.end();
  }
}
