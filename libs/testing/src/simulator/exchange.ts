import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Fault } from './fault.js';
import type { ServedCall } from './ledger.js';

/** Timers hold no more than 31 bits of milliseconds. */
const longestTimer = 2 ** 31 - 1;

/**
 * One request and its reply: writes with back-pressure, notices at once when the caller has left, and misbehaves as its
 * fault says. Once it is `over`, every method rejects, so that a handler need not look after each step.
 */
export class Exchange {
  /** The fault that strikes this call. */
  fault: Fault = {};
  /** True once the reply can go no further: the caller left, or we cut it off. */
  over = false;
  /** Resolves when the reply is out or the connection is gone. */
  readonly closed: Promise<void>;
  private readonly gone = new AbortController();
  private begun = false;

  constructor(
    readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    /** The ledger's entry, filled in as the call goes on. */
    readonly call: ServedCall,
  ) {
    this.closed = new Promise((resolve) => response.once('close', () => resolve(this.onClose())));
  }

  /** What the fault does before the status line; the first call counts. */
  async begin(): Promise<void> {
    if (this.begun) return;
    this.begun = true;
    await this.idle(this.fault.delay_headers_ms ?? 0);
    if (this.fault.cut === 'before_headers') this.cut();
    if (this.fault.hang === 'before_headers') await this.idle(Infinity);
  }

  /** Sends the status line and the headers. */
  open(status: number, headers: Record<string, string>): void {
    this.gone.signal.throwIfAborted();
    this.call.status = status;
    this.response.writeHead(status, { 'X-Generation-Id': this.call.id, ...headers });
    this.response.flushHeaders();
    this.call.headers_at = new Date().toISOString();
  }

  /** Writes to the body; resolves when the caller's side has room for more. */
  async write(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    const step = this.fault.one_byte_chunks ? 1 : bytes.length;
    for (let at = 0; at < bytes.length; at += step) {
      this.gone.signal.throwIfAborted();
      this.call.first_byte_at ??= new Date().toISOString();
      const hasRoom = this.response.write(bytes.subarray(at, at + step));
      this.call.sent_bytes += step;
      if (!hasRoom) await once(this.response, 'drain', { signal: this.gone.signal });
      // Without a turn of the event loop in between, single bytes would leave in one packet.
      else if (step < bytes.length) await setImmediate(undefined, { signal: this.gone.signal });
    }
  }

  /**
   * Waits: 0 for one turn of the event loop, Infinity until the caller leaves.
   * @param beat is written every `comment_every_ms` meanwhile, if the fault asks for that.
   */
  async idle(ms: number, beat?: string): Promise<void> {
    const { signal } = this.gone;
    if (ms === 0) return setImmediate(undefined, { signal });
    const step = beat === undefined ? longestTimer : (this.fault.comment_every_ms ?? longestTimer);
    for (let left = ms; left > 0; left -= step) {
      await setTimeout(Math.min(step, left), undefined, { signal });
      if (beat !== undefined && left > step) await this.write(beat);
    }
  }

  /** Waits for something outside of the call, or rejects when the caller leaves before it. */
  async until(event: Promise<void>): Promise<void> {
    const { signal } = this.gone;
    const left = Promise.withResolvers<never>();
    const leave = () => left.reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    await Promise.race([event, left.promise]);
    signal.removeEventListener('abort', leave);
    signal.throwIfAborted();
  }

  /** Ends the reply in good order. */
  end(): void {
    this.response.end();
  }

  /** Destroys the socket, as a dying upstream does. */
  cut(): never {
    this.over = true;
    this.call.error ??= 'cut by a fault';
    this.request.socket.destroy();
    throw new Error('The connection was cut');
  }

  private onClose(): void {
    // After a whole reply nobody waits any more, and an abort would cost an exception a call.
    if (this.response.writableFinished) return;
    if (!this.over) {
      this.call.cancelled = true;
      this.call.cancelled_at = new Date().toISOString();
    }
    this.over = true;
    this.gone.abort();
  }
}
