import { once } from 'node:events';
import type { Response } from 'express';
import type { AnswerSink } from '#llm-proxy';
import { KeepAlive, type KeepAliveOptions } from './keep-alive.js';

/** A client that reads nothing for so long is not coming back; its connection is closed. */
const patienceMs = 120_000;

/** Writes an answer to the client at the client's pace. */
export class ExpressSink implements AnswerSink {
  private keepAlive: KeepAlive | undefined;

  /**
   * @param signal aborts when the client leaves, so that no one waits for it to read
   * @param idle for streams only: a JSON answer comes at once
   */
  constructor(
    private readonly response: Response,
    private readonly signal: AbortSignal,
    private readonly idle: KeepAliveOptions,
  ) {}

  start(status: number, headers: Readonly<Record<string, string>>): void {
    this.response.status(status);
    for (const [name, value] of Object.entries(headers)) this.response.setHeader(name, value);
    // A JSON answer comes at once, and goes out in one piece with its headers.
    if (!headers['content-type']?.startsWith('text/event-stream')) return;
    this.response.flushHeaders();
    this.keepAlive = new KeepAlive(this.response, this.idle);
  }

  write(bytes: Buffer): Promise<void> | undefined {
    this.signal.throwIfAborted();
    const isDrained = this.response.write(bytes);
    this.keepAlive?.wrote();
    return isDrained ? undefined : this.drained();
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
