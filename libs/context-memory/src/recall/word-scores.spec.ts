import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askedWords, maxPostings } from './asked-terms.js';
import type { Hit } from './candidates.repository.js';
import { scoreWords } from './word-scores.js';

const settings = { k1: 1.2, b: 0.4, previous: 0.5, exact: 0.3 };
const hit = (rowId: string, more: Partial<Hit> = {}): Hit => ({
  rowId,
  itemId: rowId,
  documentId: null,
  position: 0,
  contentHash: '',
  session: null,
  sessionPosition: null,
  importance: 0.5,
  createdAt: new Date(0),
  dense: null,
  ...more,
});

/** Texts of the words a to e, and questions of them. */
const anyText = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 12 });
const anyCorpus = fc.array(anyText, { minLength: 1, maxLength: 12 });

const countOf = (text: string[], term: string) => text.filter((word) => word === term).length;

/** Everything as the database would say it of these texts. */
function known(texts: string[][], question: string[], exactWeight = 1) {
  const terms = [...new Set(question)].map((term) => ({
    term,
    exact: term === 'e',
    items: texts.filter((text) => text.includes(term)).length,
  }));
  const asked = askedWords(terms, { items: texts.length, length: texts.flat().length }, exactWeight);
  const found = new Map(
    texts.map((text, i) => [
      `${i}`,
      { length: text.length, frequencies: asked.terms.map(({ term }) => countOf(text, term)) },
    ]),
  );
  return { asked, found };
}

/** BM25 as the paper writes it, straight over the texts; words of the text before count half, and so does its length. */
function plainBm25(texts: string[][], text: string[], before: string[], share: number, question: string[]) {
  const average = Math.max(1, texts.flat().length / texts.length) * (1 + share);
  let score = 0;
  for (const term of new Set(question)) {
    const items = texts.filter((other) => other.includes(term)).length;
    const frequency = countOf(text, term) + share * countOf(before, term);
    const length = text.length + share * before.length;
    const idf = Math.log(1 + (texts.length - items + 0.5) / (items + 0.5));
    const { k1, b } = settings;
    if (frequency > 0)
      score += (idf * frequency * (k1 + 1)) / (frequency + k1 * (1 - b + (b * length) / average));
  }
  return score;
}

describe('scoreWords', () => {
  it('is BM25 over each text', () => {
    fc.assert(
      fc.property(anyCorpus, anyText, (texts, question) => {
        const { asked, found } = known(texts, question);
        const scored = scoreWords(
          texts.map((_, i) => hit(`${i}`)),
          found,
          asked,
          settings,
        );
        for (const [i, { words, lexical }] of scored.entries()) {
          expect(words).toBeCloseTo(plainBm25(texts, texts[i] ?? [], [], 0, question), 9);
          expect(lexical).toBe(words);
        }
      }),
    );
  });

  it('counts the words of the turn before, in the same session only', () => {
    fc.assert(
      fc.property(anyCorpus, anyText, (texts, question) => {
        const { asked, found } = known(texts, question);
        const turns = texts.map((_, i) => hit(`${i}`, { session: 's', sessionPosition: i }));
        const strangers = texts.map((_, i) => hit(`${i}`, { session: `${i}`, sessionPosition: i }));
        for (const [i, { lexical }] of scoreWords(turns, found, asked, settings).entries()) {
          const before = texts[i - 1];
          const share = before ? settings.previous : 0;
          expect(lexical).toBeCloseTo(plainBm25(texts, texts[i] ?? [], before ?? [], share, question), 9);
        }
        for (const { words, lexical } of scoreWords(strangers, found, asked, settings)) {
          expect(lexical).toBe(words);
        }
      }),
    );
  });

  it('takes a document’s parts for no turns', () => {
    const { asked, found } = known([['a'], ['b']], ['a']);
    const parts = [0, 1].map((i) =>
      hit(`${i}`, { documentId: 'd', position: i, session: 's', sessionPosition: i }),
    );
    expect(scoreWords(parts, found, asked, settings)[1]?.lexical).toBe(0);
  });
});

describe('askedWords', () => {
  const counted = fc.array(
    fc.record({ term: fc.string(), exact: fc.boolean(), items: fc.integer({ min: 0, max: 60_000 }) }),
    { maxLength: 30 },
  );

  it('looks the rarest up, at least one, and reads no more than it may', () => {
    fc.assert(
      fc.property(counted, (terms) => {
        const { terms: kept, looked } = askedWords(terms, { items: 60_000, length: 600_000 }, 0.3);
        const sizes = kept.map(({ items }) => items);
        const left = terms.map(({ items }) => items).filter((items) => items > 0 && !sizes.includes(items));
        expect(left.every((items) => items > 30_000)).toBe(true);
        expect(sizes.slice(looked).every((items) => items <= 30_000)).toBe(true);
        expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
        expect(looked).toBeGreaterThanOrEqual(Math.min(1, kept.length));
        const read = sizes.slice(0, looked).reduce((a, b) => a + b, 0);
        if (looked > 1) expect(read).toBeLessThanOrEqual(maxPostings);
        if (looked < kept.length) expect(read + (sizes[looked] ?? 0)).toBeGreaterThan(maxPostings);
      }),
    );
  });

  it('holds what is rare for telling, and a word as written for less than a stem', () => {
    const terms = [
      { term: 'often', exact: false, items: 90 },
      { term: 'written', exact: true, items: 2 },
      { term: 'seldom', exact: false, items: 2 },
    ];
    const weights = new Map(
      askedWords(terms, { items: 100, length: 1_000 }, 0.3).terms.map(({ term, weight }) => [term, weight]),
    );
    expect(weights.get('often')).toBeGreaterThan(0);
    expect(weights.get('seldom')).toBeGreaterThan(weights.get('often') ?? 0);
    expect(weights.get('written')).toBeCloseTo(0.3 * (weights.get('seldom') ?? 0), 9);
  });
});
