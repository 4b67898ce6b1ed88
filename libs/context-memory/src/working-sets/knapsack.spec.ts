import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostValue, type Weighed } from './knapsack.js';

const sum = (things: Weighed[], of: 'value' | 'weight') =>
  things.reduce((total, thing) => total + thing[of], 0);

/** By trying every choice. */
function mostByForce(things: Weighed[], capacity: number): number {
  let most = 0;
  for (let choice = 0; choice < 2 ** things.length; choice += 1) {
    const taken = things.filter((_, i) => (choice >> i) & 1);
    if (sum(taken, 'weight') <= capacity) most = Math.max(most, sum(taken, 'value'));
  }
  return most;
}

const thingsUpTo = (heaviest: number) =>
  fc.array(
    fc.record({ value: fc.integer({ min: 0, max: 200 }), weight: fc.integer({ min: 1, max: heaviest }) }),
    { maxLength: 11 },
  );

describe('mostValue', () => {
  it('is the most there is, and never over the capacity', () => {
    fc.assert(
      fc.property(thingsUpTo(40), fc.integer({ min: 0, max: 160 }), (things, capacity) => {
        const taken = mostValue(things, capacity);
        expect(sum(taken, 'weight')).toBeLessThanOrEqual(capacity);
        expect(sum(taken, 'value')).toBe(mostByForce(things, capacity));
      }),
    );
  });

  it('is at least half of it where counting it out would take too long', () => {
    const far = 1_000_000;
    fc.assert(
      fc.property(thingsUpTo(2 * far), fc.integer({ min: far, max: 4 * far }), (things, capacity) => {
        const taken = mostValue(things, capacity);
        expect(sum(taken, 'weight')).toBeLessThanOrEqual(capacity);
        expect(sum(taken, 'value')).toBeGreaterThanOrEqual(mostByForce(things, capacity) / 2);
      }),
    );
  });

  it('takes the one thing that is worth more than all the dense ones', () => {
    const [dense, large] = [
      { value: 2, weight: 1 },
      { value: 999_999, weight: 1_000_000 },
    ];
    expect(mostValue([dense, large, { value: 0, weight: 1_000_000 }], 1_000_000)).toEqual([large]);
  });

  it('keeps the order, and takes everything that fits', () => {
    const things = Array.from({ length: 500 }, (_, i) => ({ value: i, weight: 1 + (i % 7) }));
    expect(mostValue(things, 100_000)).toEqual(things);
    const some = mostValue(things, 900);
    expect(some).toEqual(things.filter((thing) => some.includes(thing)));
  });
});
