import { createHash, createHmac, hash, timingSafeEqual } from 'node:crypto';

/** SHA-256 as 64 lower-case hex digits. */
export const sha256 = (text: string | Uint8Array): string => hash('sha256', text);

/** HMAC-SHA-256 as 64 lower-case hex digits: a hash that is worth nothing to whoever lacks the key. */
export const keyedHash = (key: string, text: string): string =>
  createHmac('sha256', key).update(text).digest('hex');

/** Compares two secrets in a time that tells nothing about where they differ. */
export function secretsEqual(a: string, b: string): boolean {
  // Hashing first gives both sides one length, which timingSafeEqual demands.
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}
