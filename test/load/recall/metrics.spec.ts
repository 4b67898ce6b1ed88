import { describe, expect, it } from 'vitest';
import { interval, mean, ndcgAt, quantile, recallAt } from './metrics.js';

const gold = new Set(['a', 'b']);

describe('the metrics of the recall benchmark', () => {
  it('recall is the share of the gold among the first', () => {
    expect(recallAt(1, ['a', 'x', 'b'], gold)).toBe(0.5);
    expect(recallAt(3, ['a', 'x', 'b'], gold)).toBe(1);
    expect(recallAt(2, ['a', 'a', 'b'], gold)).toBe(1);
    expect(recallAt(5, [], gold)).toBe(0);
  });

  it('nDCG is one for the best order, and counts a place by its logarithm', () => {
    expect(ndcgAt(10, ['b', 'a', 'x'], gold)).toBe(1);
    expect(ndcgAt(10, ['x', 'a'], new Set(['a']))).toBeCloseTo(1 / Math.log2(3), 12);
    expect(ndcgAt(1, ['x', 'a', 'b'], gold)).toBe(0);
  });

  it('the interval holds the mean, and is a point for what never varies', () => {
    const values = Array.from({ length: 200 }, (_, i) => (i % 3 === 0 ? 1 : 0));
    const [low, high] = interval(values);
    expect(low).toBeLessThan(mean(values));
    expect(high).toBeGreaterThan(mean(values));
    expect(high - low).toBeLessThan(0.2);
    expect(interval([1, 1, 1])).toEqual([1, 1]);
    expect(quantile([3, 1, 2], 0.5)).toBe(2);
  });
});
