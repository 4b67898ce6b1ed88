import { InvalidRequestError, sha256 } from '#common';
import type { ForwardedCall } from './forwarded-call.js';

const wellFormed = /^[\x20-\x7e]{1,255}$/;

/** The key that a call names itself by, if it does. @throws InvalidRequestError for one that is empty, too long or unprintable */
export function idempotencyKeyIn({ headers }: Pick<ForwardedCall, 'headers'>): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && wellFormed.test(key)) return key;
  throw new InvalidRequestError(
    'Idempotency-Key must have 1 to 255 printable ASCII characters',
    'Idempotency-Key',
  );
}

/** What a repeat must share with the first call: its route, its body, and what its headers ask of memory. SHA-256 in hex. */
export function fingerprintOf({
  route,
  rawBody,
  headers,
}: Pick<ForwardedCall, 'route' | 'rawBody' | 'headers'>): string {
  const wishes = Object.entries(headers)
    .filter(([name]) => name.startsWith('x-context-'))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sha256(Buffer.concat([Buffer.from(JSON.stringify([route, wishes])), rawBody]));
}
