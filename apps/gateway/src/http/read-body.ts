import type { IncomingMessage } from 'node:http';
import { BodyTooLargeError, UnreadableBodyError, UnsupportedEncodingError } from './http.errors.js';

/** Whether a request announces a body, be it an empty one (RFC 9112 §6.3). */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;

/**
 * The bytes of a body, whole. Not inflated: a few kilobytes could become many megabytes before anybody was asked who sends them.
 *
 * @param limit bytes; what comes beyond is thrown away, but read to its end: a client that is still sending reads no refusal
 * @throws BodyTooLargeError, UnsupportedEncodingError, UnreadableBodyError for one that breaks off
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') throw new UnsupportedEncodingError();
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  let pieces: Buffer[] = [];
  let length = 0;
  request.on('data', (piece: Buffer) => {
    length += piece.length;
    if (length <= limit) pieces.push(piece);
    else pieces = [];
  });
  request.once('end', () => {
    const [only] = pieces;
    if (length > limit) reject(new BodyTooLargeError(limit));
    else resolve(pieces.length === 1 && only ? only : Buffer.concat(pieces, length));
  });
  request.once('error', (error) => reject(new UnreadableBodyError(error)));
  return promise;
}
