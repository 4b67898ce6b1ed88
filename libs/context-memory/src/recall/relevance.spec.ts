import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candidate } from './candidate.js';
import { type Evidence, evidenceOf, relevanceOf } from './relevance.js';

const space = { provider: 'local', model: 'gte-small-int8', dimensions: 384 };
const row = (dense: number | null, lexical: number) => ({ dense, lexical }) as Candidate;
const anyEvidence: fc.Arbitrary<Evidence> = fc.record({
  similarity: fc.double({ min: -1, max: 1, noNaN: true }),
  words: fc.double({ min: 0, max: 3, noNaN: true }),
  among: fc.integer({ min: 0, max: 1_000_000 }),
});

describe('evidence', () => {
  it('is the nearest row and the best by words, which may be two', () => {
    expect(evidenceOf([row(0.8, 1), row(null, 3), row(0.7, 2)], 4, 9)).toEqual({
      similarity: 0.8,
      words: 0.75,
      among: 9,
    });
    expect(evidenceOf([], 0, 0)).toEqual({ similarity: null, words: 0, among: 0 });
  });
});

describe('relevance', () => {
  it('is 0 to 1, rises with what speaks for it, and falls with the number of rows', () => {
    fc.assert(
      fc.property(anyEvidence, (evidence) => {
        const of = (more: Partial<Evidence>) => relevanceOf({ ...evidence, ...more }, space) ?? NaN;
        const relevance = of({});
        expect(relevance).toBeGreaterThanOrEqual(0);
        expect(relevance).toBeLessThanOrEqual(1);
        expect(of({ similarity: (evidence.similarity ?? 0) + 0.1 })).toBeGreaterThanOrEqual(relevance);
        expect(of({ words: evidence.words + 0.1 })).toBeGreaterThanOrEqual(relevance);
        expect(of({ among: evidence.among * 10 })).toBeLessThanOrEqual(relevance);
      }),
    );
  });

  it('nobody can tell without vectors, or in a space that was not calibrated', () => {
    const evidence = { similarity: 0.9, words: 1, among: 10 };
    expect(relevanceOf({ ...evidence, similarity: null }, space)).toBeUndefined();
    expect(relevanceOf(evidence, { ...space, dimensions: 512 })).toBeUndefined();
    expect(relevanceOf(evidence, undefined)).toBeUndefined();
  });
});
