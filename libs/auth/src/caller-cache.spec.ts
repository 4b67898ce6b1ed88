import { describe, expect, it } from 'vitest';
import { newId } from '#common';
import { CallerCache } from './caller-cache.js';
import type { KnownKey } from './caller.js';

const knownKey = (workspaceId: string): KnownKey => ({
  caller: {
    version: '2030-01-01T00:00:00.000Z',
    workspaceId,
    keyId: '0123456789abcdef',
    keyHash: 'hash',
    scopes: ['chat'],
    allowedModels: null,
    models: { default: null, virtual: new Map() },
    limits: {
      requests: 1,
      windowSeconds: 1,
      tokens: 0,
      parallel: 0,
      workspaceRequests: 0,
      workspaceWindowSeconds: 60,
      dailyTokens: 1,
      shadow: [],
    },
    expiresAt: null,
  },
  revoked: false,
});

describe('CallerCache', () => {
  it('keeps nothing that was looked up before an invalidation of anything', () => {
    const cache = new CallerCache(() => 1_000);
    const ticket = cache.ticket();
    cache.invalidate('another hash');
    cache.keep('hash', knownKey(newId()), ticket);
    cache.keep('unknown', undefined, ticket);
    expect(cache.get('hash')).toBeUndefined();
    expect(cache.isUnknown('unknown')).toBe(false);
  });

  it('forgets one key by its hash, and all of a workspace by its id', () => {
    const cache = new CallerCache(() => 1_000);
    const [ours, theirs] = [newId(), newId()];
    for (const hash of ['a', 'b', 'c']) cache.keep(hash, knownKey(ours), cache.ticket());
    cache.keep('d', knownKey(theirs), cache.ticket());
    cache.invalidate('a');
    expect(cache.get('a')).toBeUndefined();
    expect(cache.get('b')).toBeDefined();
    cache.invalidate(ours);
    expect([cache.get('b'), cache.get('c')]).toEqual([undefined, undefined]);
    expect(cache.get('d')).toBeDefined();
  });

  it('forgets stale entries after ten minutes and unknown keys after seconds', () => {
    let now = 1_000;
    const cache = new CallerCache(() => now);
    cache.keep('hash', knownKey(newId()), cache.ticket());
    cache.keep('guess', undefined, cache.ticket());
    now += 10_000;
    expect(cache.isUnknown('guess')).toBe(false);
    expect(cache.get('hash')?.loadedAt).toBe(1_000);
    now += 10 * 60_000;
    expect(cache.get('hash')).toBeUndefined();
  });
});
