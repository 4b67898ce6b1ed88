import type { ServerResponse } from 'node:http';

/** What is written into a stream that has nothing to say, and when. */
export interface KeepAliveOptions {
  /** Silence, in milliseconds, after which it is written; again after each further one. 0: never. */
  everyMs: number;
  bytes: Buffer;
}

/** One line, and no blank one after it: to some clients a blank line after a comment ends an event of nothing. */
export const keepAliveComment: Buffer = Buffer.from(': keep-alive\n');

/**
 * Breaks the silence of a stream, so that proxies in between do not take it for dead. It begins with the first bytes of the
 * answer, not with its headers: strict clients want nothing before the first event.
 */
export class KeepAlive {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly response: ServerResponse,
    private readonly options: KeepAliveOptions,
  ) {}

  /** Whole events were written; the silence begins anew. */
  wrote(): void {
    if (this.timer) this.timer.refresh();
    else if (this.options.everyMs > 0) this.begin();
  }

  private begin(): void {
    this.timer = setInterval(() => this.breakSilence(), this.options.everyMs);
    this.response.once('close', () => clearInterval(this.timer));
  }

  /** A client that has yet to read what is there needs no sign of life. */
  private breakSilence(): void {
    const { writableEnded, writableNeedDrain } = this.response;
    if (!writableEnded && !writableNeedDrain) this.response.write(this.options.bytes);
  }
}
