import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candidate } from './candidate.js';
import { rank, scaleOf } from './fusion.js';
import { rankingWeights } from './ranking.js';

const now = Date.UTC(2026, 10, 22);
const candidate = (rowId: string, more: Partial<Candidate> = {}): Candidate => ({
  rowId,
  itemId: rowId,
  documentId: null,
  position: 0,
  contentHash: '',
  session: null,
  sessionPosition: null,
  importance: 0.5,
  createdAt: new Date(now - 86_400_000),
  dense: 0.5,
  words: 0,
  lexical: 0,
  ...more,
});
const order = (candidates: Candidate[]) => rank(candidates, now).map(({ rowId }) => rowId);

const anyCandidates = fc
  .array(
    fc.record({
      dense: fc.option(fc.double({ min: -1, max: 1, noNaN: true })),
      words: fc.double({ min: 0, max: 1, noNaN: true }),
      lexical: fc.double({ min: 0, max: 1, noNaN: true }),
      importance: fc.double({ min: 0, max: 1, noNaN: true }),
      session: fc.option(fc.constantFrom('a', 'b')),
      sessionPosition: fc.option(fc.integer({ min: 1, max: 8 })),
      documentId: fc.option(fc.constantFrom('d', 'e')),
      position: fc.integer({ min: 0, max: 5 }),
    }),
    { maxLength: 20 },
  )
  .map((records) => records.map((record, i) => candidate(`row-${i}`, record)));

describe('rank', () => {
  it('keeps every candidate once, orders by score, and does so whatever order they come in', () => {
    fc.assert(
      fc.property(anyCandidates, (candidates) => {
        const ranked = rank(candidates, now);
        expect(ranked.map(({ rowId }) => rowId).toSorted()).toEqual(
          candidates.map(({ rowId }) => rowId).toSorted(),
        );
        for (const [i, { scores, ranks }] of ranked.entries()) {
          expect(ranks.final).toBe(i + 1);
          expect(Number.isFinite(scores.final)).toBe(true);
          expect(scores.final).toBeLessThanOrEqual(ranked[i - 1]?.scores.final ?? Infinity);
        }
      }),
    );
  });

  it('puts first what both legs find', () => {
    const found = order([
      candidate('dense', { dense: 0.9 }),
      candidate('lexical', { dense: 0.1, lexical: 0.9 }),
      candidate('both', { dense: 0.88, lexical: 0.8 }),
    ]);
    expect(found).toEqual(['both', 'dense', 'lexical']);
  });

  it('lets a neighbour share, in the same session or document only', () => {
    const hit = candidate('hit', { dense: 0.9, session: 's', sessionPosition: 4 });
    const beside = candidate('beside', { dense: 0.3, session: 's', sessionPosition: 5 });
    const elsewhere = candidate('elsewhere', { dense: 0.3, session: 't', sessionPosition: 5 });
    const between = candidate('between', { dense: 0.4 });
    expect(order([hit, beside, elsewhere, between])).toEqual(['hit', 'beside', 'between', 'elsewhere']);
    const part = (rowId: string, documentId: string, dense: number, position: number) =>
      candidate(rowId, { documentId, dense, position });
    expect(order([part('a0', 'a', 0.9, 0), part('b1', 'b', 0.35, 1), part('a1', 'a', 0.3, 1)])[1]).toBe('a1');
  });

  it('gives each the share of its better neighbour, and no more', () => {
    const weights = { ...rankingWeights, importance: 0, recency: 0 };
    fc.assert(
      fc.property(anyCandidates, (candidates) => {
        const alone = new Map(
          rank(candidates, now, { ...weights, neighbour: 0, part: 0 }).map((row) => [
            row.rowId,
            row.scores.fused,
          ]),
        );
        const best = Math.max(0, ...alone.values());
        for (const { rowId, scores, documentId, session } of rank(candidates, now, weights)) {
          const own = alone.get(rowId) ?? 0;
          expect(scores.fused).toBeGreaterThanOrEqual(own);
          expect(scores.fused).toBeLessThanOrEqual(own + weights.neighbour * best + 1e-9);
          if (documentId === null && session === null) expect(scores.fused).toBe(own);
        }
      }),
    );
  });

  it('weighs importance and age gently: they never beat a clear difference', () => {
    const old = new Date(now - 400 * 86_400_000);
    expect(order([candidate('b', { importance: 0.2 }), candidate('a', { importance: 0.9 })])).toEqual([
      'a',
      'b',
    ]);
    expect(order([candidate('a', { createdAt: old }), candidate('b')])).toEqual(['b', 'a']);
    const best = candidate('best', { dense: 0.9, importance: 0, createdAt: old });
    expect(
      order([candidate('low', { dense: 0 }), candidate('new', { dense: 0.6, importance: 1 }), best])[0],
    ).toBe('best');
  });

  it('goes by words alone where there are no vectors', () => {
    const found = rank(
      [candidate('a', { dense: null, lexical: 0.1 }), candidate('b', { dense: null, lexical: 0.2 })],
      now,
    );
    expect(found.map(({ rowId, ranks }) => [rowId, ranks.dense, ranks.lexical])).toEqual([
      ['b', null, 1],
      ['a', null, 2],
    ]);
  });
});

describe('scaleOf', () => {
  const scaled = (scores: (number | null)[], floor?: number) => scores.map(scaleOf(scores, floor));

  it('scales to 0..1 and gives nothing to what has no score', () => {
    expect(scaled([0.8, 0.9, null, 0.85])).toEqual([0, 1, 0, expect.closeTo(0.5) as number]);
    expect(scaled([0.7, 0.7, null])).toEqual([1, 1, 0]);
    expect(scaled([0.1, 0.4], 0)).toEqual([0.25, 1]);
    expect(scaled([null])).toEqual([0]);
  });
});
