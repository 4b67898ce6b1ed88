import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RankedCandidate } from './candidate.js';
import { diversify } from './diversity.js';

interface Said {
  text: string | undefined;
  score: number;
}

/** Candidates that say these texts, best first. */
function ranked(said: Said[]): RankedCandidate[] {
  return said
    .toSorted((a, b) => b.score - a.score)
    .map(({ text, score }, i) => ({
      rowId: text ?? `row-${i}`,
      itemId: `${i}`,
      documentId: null,
      position: 0,
      contentHash: '',
      session: null,
      sessionPosition: null,
      importance: 0.5,
      createdAt: new Date(0),
      dense: score,
      words: 0,
      lexical: 0,
      scores: { dense: score, words: 0, lexical: 0, fused: score, final: score },
      ranks: { dense: i + 1, lexical: null, final: i + 1 },
    }));
}
const texts = (rows: RankedCandidate[]) => rows.map(({ rowId }) => rowId);
const diverse = (said: Said[], weight?: number) => diversify(ranked(said), ({ rowId }) => rowId, weight);

const anySaid = fc.array(
  fc.record({
    text: fc
      .array(fc.constantFrom('a', 'b', 'c', 'd', 'ü', '7'), { maxLength: 6 })
      .map((words) => words.join(' ')),
    score: fc.double({ min: 0, max: 2, noNaN: true }),
  }),
  { maxLength: 15 },
);

describe('diversify', () => {
  it('keeps everything, best first, and takes no more than the share from any', () => {
    fc.assert(
      fc.property(anySaid, fc.double({ min: 0, max: 1, noNaN: true }), (said, weight) => {
        const rows = diverse(said, weight);
        expect(texts(rows).toSorted()).toEqual(said.map(({ text }) => text).toSorted());
        for (const [i, { scores, ranks }] of rows.entries()) {
          expect(ranks.final).toBe(i + 1);
          expect(scores.final).toBeLessThanOrEqual(rows[i - 1]?.scores.final ?? Infinity);
          expect(scores.final).toBeLessThanOrEqual(scores.fused);
          expect(scores.final).toBeGreaterThanOrEqual(scores.fused * (1 - weight) - 1e-9);
        }
      }),
    );
  });

  it('is no more than the order itself without a weight, and leaves the best alone', () => {
    fc.assert(
      fc.property(anySaid, (said) => {
        expect(texts(diverse(said, 0))).toEqual(texts(ranked(said)));
        expect(diverse(said)[0]?.scores).toEqual(ranked(said)[0]?.scores);
      }),
    );
  });

  it('lets a repetition sink below another thing that is nearly as good, but not below what is far worse', () => {
    const said = [
      { text: 'We deploy on Tuesdays at ten.', score: 1 },
      { text: 'We deploy on Tuesdays, at ten!', score: 0.99 },
      { text: 'Rollbacks need two approvals.', score: 0.8 },
      { text: 'Soup is served on Fridays.', score: 0.3 },
    ];
    expect(texts(diverse(said))).toEqual([0, 2, 1, 3].map((i) => said[i]?.text));
  });

  it('keeps both of two opposites', () => {
    const said = [
      { text: 'She prefers dark mode', score: 1 },
      { text: 'She prefers light mode', score: 0.9 },
    ];
    expect(texts(diverse(said))).toHaveLength(2);
  });

  it('leaves what has no text behind the others, as it was', () => {
    const rows = ranked([
      { text: 'a', score: 1 },
      { text: 'b', score: 0.5 },
    ]);
    const result = diversify(rows, ({ rowId }) => (rowId === 'a' ? 'a' : undefined));
    expect(result[1]).toEqual(rows[1]);
  });
});
