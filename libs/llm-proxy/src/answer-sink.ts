/** Where an answer goes: the client's connection, seen from the proxy. */
export interface AnswerSink {
  /** Status and headers; called once, when the answer is certain enough to begin. */
  start(status: number, headers: Readonly<Record<string, string>>): void;
  /**
   * Bytes of the body. A promise asks the proxy to wait (the client is slow); it must settle when the client leaves.
   * Throwing or rejecting means that the client is gone.
   */
  write(bytes: Buffer): Promise<void> | undefined;
  /** The answer is complete. Not called when the client left. */
  end(): void;
}
