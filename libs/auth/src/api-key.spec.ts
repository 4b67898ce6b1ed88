import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashApiKey, makeApiKey, publicIdOf } from './api-key.js';

describe('API keys', () => {
  it('are made as they are read', () => {
    const { key, publicId } = makeApiKey();
    expect(key).toMatch(/^ctx_[0-9a-f]{16}_[0-9a-f]{64}$/);
    expect(publicIdOf(key)).toBe(publicId);
    expect(makeApiKey().key).not.toBe(key);
  });

  it('are nothing else than they should be', () => {
    const { key } = makeApiKey();
    for (const wrong of [
      '',
      'ctx_',
      key.slice(0, -1),
      `${key}0`,
      key.toUpperCase(),
      ` ${key}`,
      `${key}\n`,
      `sk-${key}`,
    ]) {
      expect(publicIdOf(wrong)).toBeUndefined();
    }
    fc.assert(fc.property(fc.string(), (text) => publicIdOf(text) === undefined));
  });

  it('leave a hash that hangs on the whole key and on the pepper', () => {
    const { key } = makeApiKey();
    const hash = hashApiKey('pepper', key);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(hashApiKey('pepper', key)).toBe(hash);
    expect(hashApiKey('other', key)).not.toBe(hash);
    expect(hashApiKey('pepper', makeApiKey().key)).not.toBe(hash);
  });
});
