import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseFallback } from './fallback-choice.js';
import { type ModelFacts, vendorOf } from './model-facts.js';

const lengths: Record<string, number> = { 'a/small': 8, 'a/large': 128, 'b/small': 8, 'b/large': 200 };
const facts: ModelFacts = { contextLength: (model) => lengths[model] };
const nobody = new Set<string>();

describe('chooseFallback', () => {
  it('keeps the caller’s order while nothing is ruled out', () => {
    expect(chooseFallback(['b/small', 'a/large'], { tooShort: undefined, refusers: nobody }, facts)).toBe(
      'b/small',
    );
  });

  it('wants a larger model where length is the trouble, a known one first', () => {
    const ruling = { tooShort: 8, refusers: nobody };
    expect(chooseFallback(['a/small', 'x/unknown', 'b/large'], ruling, facts)).toBe('b/large');
    expect(chooseFallback(['a/small', 'x/unknown'], ruling, facts)).toBe('x/unknown');
    expect(chooseFallback(['a/small', 'b/small'], ruling, facts)).toBeUndefined();
  });

  it('wants another vendor where content was refused', () => {
    const ruling = { tooShort: undefined, refusers: new Set(['a']) };
    expect(chooseFallback(['a/large', 'b/small'], ruling, facts)).toBe('b/small');
    expect(chooseFallback(['a/large', 'a/small'], ruling, facts)).toBeUndefined();
  });

  it('whatever is offered, chooses one of it that nothing rules out, and none only when all are', () => {
    const model = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(9)).map(([vendor, n]) => `${vendor}/${n}`);
    const known = fc.dictionary(model, fc.integer({ min: 1, max: 100 }));
    fc.assert(
      fc.property(
        fc.uniqueArray(model, { maxLength: 8 }),
        known,
        fc.option(fc.nat(100), { nil: undefined }),
        fc.subarray(['a', 'b', 'c']),
        (candidates, sizes, tooShort, refusing) => {
          const refusers = new Set(refusing);
          const own: ModelFacts = {
            contextLength: (id) => (Object.hasOwn(sizes, id) ? sizes[id] : undefined),
          };
          const chosen = chooseFallback(candidates, { tooShort, refusers }, own);
          const mayServe = (id: string) =>
            !refusers.has(vendorOf(id)) &&
            (tooShort === undefined || (own.contextLength(id) ?? Infinity) > tooShort);
          if (chosen === undefined) expect(candidates.some(mayServe)).toBe(false);
          else {
            expect(candidates).toContain(chosen);
            expect(mayServe(chosen)).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
