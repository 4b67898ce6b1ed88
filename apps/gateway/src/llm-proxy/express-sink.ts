import { once } from 'node:events';
import type { Response } from 'express';
import type { AnswerSink } from '#llm-proxy';

/** A client that reads nothing for so long is not coming back; its connection is closed. */
const patienceMs = 120_000;

/** Writes an answer to the client at the client's pace. */
export class ExpressSink implements AnswerSink {
  /** @param signal aborts when the client leaves, so that no one waits for it to read */
  constructor(
    private readonly response: Response,
    private readonly signal: AbortSignal,
  ) {}

  start(status: number, headers: Readonly<Record<string, string>>): void {
    this.response.status(status);
    for (const [name, value] of Object.entries(headers)) this.response.setHeader(name, value);
    this.response.flushHeaders();
  }

  write(bytes: Buffer): Promise<void> | undefined {
    this.signal.throwIfAborted();
    return this.response.write(bytes) ? undefined : this.drained();
  }

  end(): void {
    this.response.end();
  }

  private async drained(): Promise<void> {
    const patience = AbortSignal.timeout(patienceMs);
    try {
      await once(this.response, 'drain', { signal: AbortSignal.any([this.signal, patience]) });
    } catch (error) {
      if (patience.aborted) this.response.destroy();
      throw error;
    }
  }
}
