import type { GatewayError } from '#common';

/** Where an answer goes: the client's connection, seen from the proxy. */
export interface AnswerSink {
  /** Status and headers; called once, when the answer is certain enough to begin. */
  start(status: number, headers: Readonly<Record<string, string>>): void;
  /**
   * Bytes of the body: whole events of a stream, or all of a JSON answer. A promise asks the proxy to wait (the client is slow);
   * it must settle when the client leaves. Throwing or rejecting means that the client is gone.
   */
  write(bytes: Buffer): Promise<void> | undefined;
  /** The answer is complete. Not called when the client left. */
  end(): void;
  /**
   * Writes the last event of a stream that cannot go on, as `write` does; `end` follows. For doors whose clients look for another
   * event than chat's: without it they get chat's.
   */
  fail?(error: GatewayError): Promise<void> | undefined;
}
