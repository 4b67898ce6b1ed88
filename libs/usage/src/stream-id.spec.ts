import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareStreamIds } from './stream-id.js';

const parts = fc.tuple(fc.nat(2_000_000_000_000), fc.nat(1_000));

describe('compareStreamIds', () => {
  it('orders by time, then by sequence, as numbers', () => {
    fc.assert(
      fc.property(parts, parts, ([aMs, aSequence], [bMs, bSequence]) => {
        const expected = Math.sign(aMs - bMs) || Math.sign(aSequence - bSequence);
        expect(Math.sign(compareStreamIds(`${aMs}-${aSequence}`, `${bMs}-${bSequence}`))).toBe(expected);
      }),
    );
    expect(compareStreamIds('999-10', '1000-9')).toBeLessThan(0);
    expect(compareStreamIds('5-10', '5-9')).toBeGreaterThan(0);
  });
});
