import { UpstreamError } from './openrouter.errors.js';

/** `data` carries a payload, `done` is OpenAI's `[DONE]`, `comment` only comments, `other` has neither. */
type SseEventKind = 'data' | 'done' | 'comment' | 'other';

/** One event of a stream: its own bytes to forward, its data to read. */
export interface SseEvent {
  kind: SseEventKind;
  /** The event's bytes as they came, with the blank line that ends it. */
  raw: Buffer;
  /** Its `data` lines joined by `\n`; empty when it has none. */
  data: string;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = '\ufeff';
const defaultLargestEvent = 16 * 1024 * 1024;

/** How the last line ended. After `\r\n` a `\r` is half a line end; after a lone `\r` it is a whole one. */
type LineEnd = 'none' | 'lf' | 'cr' | 'crlf';

/**
 * Cuts a byte stream into server-sent events (WHATWG HTML §9.2.6: lines end in LF, CRLF or CR, an event ends at a blank
 * line) without changing a byte: the events' bytes, and the rest that {@link end} gives, are the stream. Where the chunks
 * were cut makes no difference, and text is decoded only when an event is whole, so neither characters nor JSON can break.
 */
export class SseSplitter {
  private pieces: Buffer[] = [];
  private pending = 0;
  private lineIsEmpty = true;
  private lineEnd: LineEnd = 'none';
  /** The last byte was a `\r` that a `\n` may complete: the one that ends an event, or any other. */
  private heldCr: 'no' | 'line' | 'event' = 'no';
  private first = true;

  /** @param largestEvent in bytes */
  constructor(private readonly largestEvent = defaultLargestEvent) {}

  /**
   * @returns the events that this chunk completes, in order.
   * @throws UpstreamError `malformed` when one event grows over the bound.
   */
  push(chunk: Buffer): SseEvent[] {
    const events: SseEvent[] = [];
    let from = 0;
    for (let i = 0; i < chunk.length; i += 1) {
      const byte = chunk[i];
      if (this.heldCr !== 'no') {
        const endsEvent = this.heldCr === 'event';
        this.heldCr = 'no';
        if (byte === lineFeed) this.lineEnd = 'crlf';
        if (endsEvent) {
          const end = byte === lineFeed ? i + 1 : i;
          events.push(this.take(chunk.subarray(from, end)));
          from = end;
        }
        if (byte === lineFeed) continue;
      }
      if (byte !== lineFeed && byte !== carriageReturn) {
        this.lineIsEmpty = false;
        i = lineEndAfter(chunk, i) - 1;
      } else if (!this.lineIsEmpty) {
        this.lineIsEmpty = true;
        this.lineEnd = byte === lineFeed ? 'lf' : 'cr';
        if (byte === carriageReturn) this.heldCr = 'line';
      } else if (byte === carriageReturn && (this.lineEnd === 'crlf' || this.lineEnd === 'none')) {
        // Only a stream of CRLF waits for its LF; one of lone CRs must not be an event late.
        this.heldCr = 'event';
      } else {
        events.push(this.take(chunk.subarray(from, i + 1)));
        from = i + 1;
      }
    }
    this.keep(chunk.subarray(from));
    return events;
  }

  /** What is left when the stream has ended: an event whose blank line never came, perhaps cut in its middle. */
  end(): SseEvent | undefined {
    return this.pending === 0 ? undefined : this.take(Buffer.alloc(0));
  }

  private keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.pieces.push(piece);
    this.pending += piece.length;
    if (this.pending > this.largestEvent) throw new UpstreamError('malformed');
  }

  private take(last: Buffer): SseEvent {
    this.keep(last);
    const [only] = this.pieces;
    const raw = this.pieces.length === 1 && only ? only : Buffer.concat(this.pieces, this.pending);
    this.pieces = [];
    this.pending = 0;
    this.lineIsEmpty = true;
    this.lineEnd = 'none';
    this.heldCr = 'no';
    const text = raw.toString('utf8');
    const event = readEvent(raw, this.first && text.startsWith(byteOrderMark) ? text.slice(1) : text);
    this.first = false;
    return event;
  }
}

/** The index of the first line end at or after `from`, or the length. */
function lineEndAfter(chunk: Buffer, from: number): number {
  let i = from;
  while (i < chunk.length && chunk[i] !== lineFeed && chunk[i] !== carriageReturn) i += 1;
  return i;
}

const anyLineEnd = /\r\n|\n|\r/;

function readEvent(raw: Buffer, text: string): SseEvent {
  // Nearly every event of a completion: one line of data, ended by line feeds.
  if (text.startsWith('data: ') && text.indexOf('\n') === text.length - 2 && !text.includes('\r')) {
    return dataEvent(raw, text.slice(6, -2));
  }
  const data: string[] = [];
  let hasComment = false;
  let hasOther = false;
  for (const line of text.split(anyLineEnd)) {
    if (line.startsWith('data:')) data.push(line.slice(line.charCodeAt(5) === 0x20 ? 6 : 5));
    else if (line === 'data') data.push('');
    else if (line.startsWith(':')) hasComment = true;
    else if (line !== '') hasOther = true;
  }
  if (data.length > 0) return dataEvent(raw, data.join('\n'));
  return { kind: hasComment && !hasOther ? 'comment' : 'other', raw, data: '' };
}

const dataEvent = (raw: Buffer, data: string): SseEvent => ({
  kind: data.trim() === '[DONE]' ? 'done' : 'data',
  raw,
  data,
});
