import { randomBytes } from 'node:crypto';
import { keyedHash } from '#common';

const shape = /^ctx_([0-9a-f]{16})_[0-9a-f]{64}$/;

/** A key as its owner sees it, once. */
export interface NewApiKey {
  /** `ctx_<public id>_<secret>`: 16 and 64 hex digits. */
  key: string;
  /** Names the key in logs, metrics and admin calls; worth nothing without the secret. */
  publicId: string;
}

/** A new key with 256 bits of secret. */
export function makeApiKey(): NewApiKey {
  const publicId = randomBytes(8).toString('hex');
  return { key: `ctx_${publicId}_${randomBytes(32).toString('hex')}`, publicId };
}

/** The public id in a well-formed key; undefined for anything else, so that nonsense costs no look-up. */
export const publicIdOf = (presented: string): string | undefined => shape.exec(presented)?.[1];

/** True for 16 hex digits, the shape of every public id. */
export const isPublicId = (text: string): boolean => /^[0-9a-f]{16}$/.test(text);

/**
 * The only form in which a key is stored: HMAC-SHA-256 under the pepper, 64 hex digits. A slow hash would add nothing: the
 * secret is random, so there is no dictionary to try, and the pepper is not in the database.
 */
export const hashApiKey = (pepper: string, key: string): string => keyedHash(pepper, key);
