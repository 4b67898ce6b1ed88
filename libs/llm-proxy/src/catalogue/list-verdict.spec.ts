import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeList } from './list-verdict.js';

const day = 86_400_000;

describe('judgeList', () => {
  it.each([
    [{ known: 0, listed: 0, ageMs: 0 }, 'good'],
    [{ known: 0, listed: 300, ageMs: 0 }, 'good'],
    [{ known: 300, listed: 0, ageMs: 0 }, 'empty'],
    [{ known: 300, listed: 0, ageMs: 99 * day }, 'empty'],
    [{ known: 300, listed: 149, ageMs: day - 1 }, 'shrunk'],
    [{ known: 300, listed: 149, ageMs: day }, 'good'],
    [{ known: 300, listed: 150, ageMs: 0 }, 'good'],
    [{ known: 4, listed: 1, ageMs: 0 }, 'good'],
  ] as const)('%j is %s', (comparison, verdict) => {
    expect(judgeList(comparison)).toBe(verdict);
  });

  it('never gives up more than half of a long list at once, nor refuses a longer one', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(1_000), fc.nat(day - 1), (known, listed, ageMs) => {
        const verdict = judgeList({ known, listed, ageMs });
        if (verdict === 'good') expect(known < 20 || listed * 2 >= known).toBe(true);
        if (listed >= known) expect(verdict).toBe('good');
      }),
    );
  });
});
