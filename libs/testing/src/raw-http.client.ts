import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

/** A request as a test wants it sent. */
export interface RawRequest {
  method?: string;
  headers?: Record<string, string>;
  /** Sent as it is when a string, as JSON otherwise. */
  body?: unknown;
  /** Destroys the socket when aborted. */
  signal?: AbortSignal;
}

/** A reply as it came over the wire, with nothing repaired. */
export interface RawReply {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  text: string;
  /** How many pieces the body came in. */
  pieces: number;
  /** False when the connection broke before the body's end. */
  complete: boolean;
}

/**
 * One HTTP call without a client's cleverness: no keep-alive, no retries, a broken body is returned, not thrown.
 * @throws the socket's error when no status line came.
 */
export function rawRequest(url: string, options: RawRequest = {}): Promise<RawReply> {
  const { method = 'POST', headers = {}, body, signal } = options;
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, signal, agent: false }, (response) => {
      // From here on a broken connection is part of the reply.
      request.off('error', reject).on('error', () => undefined);
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      // A cut shows as 'error'; 'close' comes after it, and says the same by `complete`.
      response.on('error', () => undefined);
      response.on('close', () => {
        const whole = Buffer.concat(parts);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: whole,
          text: whole.toString(),
          pieces: parts.length,
          complete: response.complete,
        });
      });
    });
    request.on('error', reject);
    request.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
  });
}

/** The `data:` payloads of an SSE text, in order; comments are left out, line ends may be CRLF. */
export const sseDataIn = (text: string): string[] =>
  text
    .split(/\r?\n/u)
    .filter((line) => line.startsWith('data: '))
    .map((line) => line.slice('data: '.length));
