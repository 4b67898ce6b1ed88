import { describe, expect, it } from 'vitest';
import { fingerprintOf, idempotencyKeyIn } from './idempotency-key.js';

describe('idempotencyKeyIn', () => {
  it.each(['k', 'a key, with spaces & "signs"', 'x'.repeat(255)])('takes %j', (key) => {
    expect(idempotencyKeyIn({ headers: { 'idempotency-key': key } })).toBe(key);
  });

  it('is undefined when there is none', () => {
    expect(idempotencyKeyIn({ headers: {} })).toBeUndefined();
  });

  it.each(['', 'x'.repeat(256), 'tab\there', 'umläut'])('refuses %j', (key) => {
    expect(() => idempotencyKeyIn({ headers: { 'idempotency-key': key } })).toThrow('1 to 255');
  });
});

describe('fingerprintOf', () => {
  const call = {
    route: '/v1/chat/completions',
    rawBody: Buffer.from('{}'),
    headers: { 'x-context-recall': 'true', 'x-context-session': 's' },
  };

  it('is the same for a repeat, whatever else its headers say, in whatever order', () => {
    const headers = { 'x-context-session': 's', 'x-context-recall': 'true', 'x-stainless-retry-count': '1' };
    expect(fingerprintOf({ ...call, headers })).toBe(fingerprintOf(call));
  });

  it('is another for another route, body, or wish', () => {
    const others = [
      call,
      { ...call, route: '/v1/messages' },
      { ...call, rawBody: Buffer.from('{} ') },
      { ...call, headers: { 'x-context-recall': 'false', 'x-context-session': 's' } },
      { ...call, headers: {} },
    ];
    expect(new Set(others.map(fingerprintOf)).size).toBe(others.length);
  });
});
