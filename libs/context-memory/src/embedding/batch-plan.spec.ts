import { estimateTokens } from '#common';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planBatches } from './batch-plan.js';

const texts = fc.array(fc.lorem({ maxCount: 120 }), { maxLength: 60 });

describe('planBatches', () => {
  it('puts every text into one batch', () => {
    fc.assert(
      fc.property(texts, (list) => {
        const planned = planBatches(list)
          .flat()
          .toSorted((a, b) => a - b);
        expect(planned).toEqual([...list.keys()]);
      }),
    );
  });

  it('bounds what a query may have to wait for', () => {
    fc.assert(
      fc.property(texts, (list) => {
        for (const batch of planBatches(list)) {
          const longest = Math.max(...batch.map((index) => estimateTokens(list[index] ?? '')));
          expect(batch.length).toBeLessThanOrEqual(32);
          expect(batch.length === 1 || batch.length * longest <= 256).toBe(true);
        }
      }),
    );
  });
});
