import * as fc from 'fast-check';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { countTokens, estimateTokens, fitsTokens, tokenizableSlices } from './tokens.js';

/** Any string at all: binary units, so lone surrogates are among them. */
const anyString = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 400 })
    .map((units) => String.fromCharCode(...units)),
  fc
    .tuple(fc.constantFrom('字', 'a', ' ', '\n', '😀', '\ud83d', '-'), fc.integer({ min: 1, max: 1_000 }))
    .map(([unit, count]) => unit.repeat(count)),
);

describe('countTokens', () => {
  it('knows the two vocabularies', () => {
    expect(countTokens('hello world')).toBe(2);
    expect(countTokens('hello world', 'cl100k_base')).toBe(2);
    expect(countTokens('')).toBe(0);
  });

  it('takes a special token for the text it is', () => {
    expect(countTokens('<|endoftext|>')).toBeGreaterThan(1);
    expect(fitsTokens('<|endoftext|>', 1)).toBe(false);
  });

  it('never throws, and counts no more tokens than bytes', () => {
    fc.assert(
      fc.property(anyString, (text) => {
        const count = countTokens(text);
        expect(count).toBeLessThanOrEqual(Buffer.byteLength(text));
        expect(count > 0).toBe(text.length > 0);
      }),
    );
  });

  it('stays near the sum of its halves, wherever a text is cut', () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 60 }), fc.nat(), (text, seed) => {
        const cut = seed % (text.length + 1);
        const halves = countTokens(text.slice(0, cut)) + countTokens(text.slice(cut));
        expect(Math.abs(halves - countTokens(text))).toBeLessThanOrEqual(4);
      }),
    );
  });
});

describe('tokenizableSlices', () => {
  it('leaves ordinary text in one piece', () => {
    const text = 'The quick brown fox.\n\n'.repeat(500);
    expect([...tokenizableSlices(text)]).toEqual([text]);
  });

  it('cuts long text where the count stays the same', () => {
    const text = 'The quick (brown) fox:  3.14\n\n  jumps! '.repeat(1_000);
    const slices = [...tokenizableSlices(text)];
    expect(slices.length).toBeGreaterThan(1);
    expect(slices.join('')).toBe(text);
    const whole = slices.reduce((sum, slice) => sum + countTokens(slice), 0);
    expect(whole).toBe(encode(text).length);
  });

  it('cuts every run over 256 characters, loses nothing and splits no pair', () => {
    fc.assert(
      fc.property(fc.array(anyString, { maxLength: 4 }), (parts) => {
        const text = parts.join('');
        const slices = [...tokenizableSlices(text)];
        expect(slices.join('')).toBe(text);
        for (const slice of slices) expect(slice).not.toMatch(/\S{257}|\s{257}/);
        for (const [i, slice] of slices.slice(1).entries()) {
          expect((slices[i]?.at(-1) ?? '') + slice.charAt(0)).not.toMatch(/[\ud800-\udbff][\udc00-\udfff]/);
        }
      }),
    );
  });

  it('finds a run of 256 wherever it stands, and leaves a shorter one whole', () => {
    const run = fc.tuple(fc.constantFrom('a', '字', ' ', '\u00a0'), fc.integer({ min: 250, max: 262 }));
    fc.assert(
      fc.property(fc.nat({ max: 700 }), run, fc.nat({ max: 300 }), (before, [unit, length], after) => {
        const word = unit.trim() === '' ? 'b' : ' ';
        const text = word + 'ab '.repeat(before) + word + unit.repeat(length) + word + ' ab'.repeat(after);
        const isCut = [...tokenizableSlices(text)].length > 1;
        expect(isCut).toBe(/\S{256}|\s{256}/.test(text));
      }),
    );
  });

  it('gives the quadratic merge nothing long to chew on', () => {
    const slices = [...tokenizableSlices('字'.repeat(100_000))];
    expect(Math.max(...slices.map((slice) => slice.length))).toBe(256);
    expect(slices).toHaveLength(Math.ceil(100_000 / 256));
  });
});

describe('fitsTokens', () => {
  it('agrees with countTokens at, under and over the limit', () => {
    fc.assert(
      fc.property(anyString, (text) => {
        const count = countTokens(text);
        expect(fitsTokens(text, count)).toBe(true);
        expect(fitsTokens(text, count + 1)).toBe(true);
        expect(fitsTokens(text, count - 1)).toBe(false);
      }),
    );
  });
});

describe('estimateTokens', () => {
  const samples: [string, string][] = [
    [
      'prose',
      'I moved to Lisbon last spring, and honestly I could not be happier. The kids love their new school.',
    ],
    ['Chinese', '今天天气很好，我们去公园散步。他喜欢深色模式，不喜欢浅色模式。'],
    ['Russian', 'Сегодня хорошая погода, пойдём гулять в парк. Он предпочитает тёмную тему.'],
    ['code', 'export function sum(values: number[]): number { return values.reduce((a, b) => a + b, 0); }'],
  ];

  it.each(samples)('is within a quarter of the count on %s', (_name, text) => {
    expect(estimateTokens(text) / countTokens(text)).toBeGreaterThan(0.75);
    expect(estimateTokens(text) / countTokens(text)).toBeLessThan(1.25);
  });

  it('is positive on every text that is more than spaces, and linear when a text is repeated', () => {
    fc.assert(
      fc.property(anyString, (text) => {
        expect(estimateTokens(text) > 0).toBe(/[^ ]/.test(text));
        const once = estimateTokens(`${text} `);
        expect(estimateTokens(`${text} `.repeat(3))).toBeLessThanOrEqual(3 * once + 1);
      }),
    );
  });
});
