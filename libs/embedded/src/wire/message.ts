/**
 * Framing of the PostgreSQL protocol 3.0 (https://www.postgresql.org/docs/current/protocol-message-formats.html):
 * one type byte, an Int32 length that counts itself but not the type, then the body.
 */
export interface WireMessage {
  /** The type byte as a character, e.g. `Q`. */
  readonly type: string;
  /** The whole message, header included, as it goes on the wire. */
  readonly bytes: Buffer;
}

/** The peer broke the protocol; the connection cannot go on (SQLSTATE 08P01). */
export class ProtocolViolation extends Error {}

const HEADER = 5;
/** PostgreSQL's own limits (libpq/pqcomm.h): a start-up packet, and a message that may hold a large value. */
const MAX_STARTUP_BYTES = 10_000;
const MAX_MESSAGE_BYTES = 0x3fffffff;

/** Builds one message from its type and the parts of its body. */
export function frame(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.allocUnsafe(HEADER);
  header.write(type, 0, 'latin1');
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

/** A zero-terminated string. */
export function cstring(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

/** Everything after type and length. */
export function bodyOf(message: WireMessage): Buffer {
  return message.bytes.subarray(HEADER);
}

/** Reads a zero-terminated string. `next` is the offset behind its terminator. Throws ProtocolViolation without one. */
export function readCString(buffer: Buffer, offset: number): { text: string; next: number } {
  const end = buffer.indexOf(0, offset);
  if (end < 0) throw new ProtocolViolation('a string in a message has no end');
  return { text: buffer.toString('utf8', offset, end), next: end + 1 };
}

/** Cuts a byte stream into messages, however the bytes were cut into chunks on their way. */
export class MessageReader {
  private chunks: Buffer[] = [];
  private size = 0;
  /** Bytes that must be there before it is worth looking again: keeps a large message from being copied per chunk. */
  private wanted = 0;

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
  }

  /** The next start-up packet (it has no type byte), without its length word; undefined until it is whole. */
  nextStartup(): Buffer | undefined {
    return this.take(0, MAX_STARTUP_BYTES)?.subarray(4);
  }

  /** The next message; undefined until it is whole. */
  next(): WireMessage | undefined {
    const bytes = this.take(1, MAX_MESSAGE_BYTES);
    return bytes && { type: bytes.toString('latin1', 0, 1), bytes };
  }

  private take(lengthOffset: number, limit: number): Buffer | undefined {
    if (this.size < Math.max(this.wanted, lengthOffset + 4)) return undefined;
    const all = this.chunks.length === 1 && this.chunks[0] ? this.chunks[0] : Buffer.concat(this.chunks);
    const length = all.readInt32BE(lengthOffset);
    if (length < 4 || length > limit) throw new ProtocolViolation(`invalid message length ${length}`);
    const total = lengthOffset + length;
    const whole = all.length >= total;
    this.chunks = [whole ? all.subarray(total) : all];
    this.size = all.length - (whole ? total : 0);
    this.wanted = whole ? 0 : total;
    return whole ? all.subarray(0, total) : undefined;
  }
}
