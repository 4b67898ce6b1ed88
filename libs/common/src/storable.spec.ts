import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from './gateway-error.js';
import { assertStorable, storable } from './storable.js';

const paramOf = (value: unknown, path: string): string | undefined => {
  try {
    assertStorable(value, path);
  } catch (error) {
    if (error instanceof InvalidRequestError) return error.param ?? '(none)';
    throw error;
  }
  return undefined;
};

describe('assertStorable', () => {
  it.each<[unknown, string, string]>([
    ['a\0b', 'query', 'query'],
    ['a\ud800b', 'query', 'query'],
    [{ a: [{ b: 'ok' }, { b: '\udc00' }] }, 'metadata', 'metadata.a[1].b'],
    [{ a: { 'b\0': 1 } }, 'metadata', 'metadata.a'],
    [{ messages: [{ content: '\0' }] }, '', 'messages[0].content'],
    [{ 'a\0': 1 }, '', 'a'],
  ])('refuses %j of %j at %s', (value, path, param) => {
    expect(paramOf(value, path)).toBe(param);
  });

  it('takes whatever else JSON can say', () => {
    for (const value of [null, undefined, 0, true, 'é😀', ['a', { b: null }]]) {
      expect(paramOf(value, 'x')).toBeUndefined();
    }
  });
});

describe('storable', () => {
  it('mends every text, and leaves alone what can be stored', () => {
    const text = fc
      .array(fc.constantFrom('a', '\0', '\ud83d', '\ude00', '😀'))
      .map((units) => units.join(''));
    fc.assert(
      fc.property(text, (any) => {
        expect(paramOf(storable(any), 'x')).toBeUndefined();
        if (paramOf(any, 'x') === undefined) expect(storable(any)).toBe(any);
      }),
    );
  });
});
