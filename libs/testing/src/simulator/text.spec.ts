import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wordsOf } from './chat-chunks.js';
import { lastUserText, recalledContextIn } from './message-text.js';
import { exampleFor } from './schema-example.js';
import { countTokens, firstTokens } from './token-counter.js';
import { base64Of, unitVector } from './unit-vector.js';

const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.lorem());

describe('token counter', () => {
  it('cuts to a beginning within the limit, and only when it must', () => {
    fc.assert(
      fc.property(text, fc.nat(30), (whole, limit) => {
        const start = firstTokens(whole, limit);
        expect(whole.startsWith(start)).toBe(true);
        expect(countTokens(start)).toBeLessThanOrEqual(limit);
        expect(start === whole).toBe(countTokens(whole) <= limit);
      }),
    );
  });

  it('takes special tokens as plain text', () => {
    expect(countTokens('<|endoftext|>')).toBeGreaterThan(1);
  });

  it.each(['漢', ' ', 'a', '🙂'])('is not slow on a long run of %j', (letter) => {
    const run = letter.repeat(20_000);
    // Uncut, the first of these takes seconds; the time limit of the test is the assertion.
    expect(countTokens(run)).toBeGreaterThan(100);
    expect(firstTokens(run, 50).length).toBeLessThan(run.length);
  });
});

describe('words', () => {
  it('joined are the text again', () => {
    fc.assert(
      fc.property(text, (whole) => {
        expect(wordsOf(whole).join('')).toBe(whole);
      }),
    );
  });
});

const part = (value: string) => [
  { type: 'text', text: value },
  { type: 'image_url', image_url: {} },
];

describe('messages', () => {
  it('give the latest recalled block and the last question, also from parts', () => {
    const messages = [
      { role: 'user', content: '<recalled_context>old</recalled_context>' },
      { role: 'user', content: part('<recalled_context n="1">\nnew\n</recalled_context>') },
      { role: 'user', content: part('why?') },
      { role: 'assistant', content: null },
    ];
    expect(recalledContextIn(messages)).toBe('<recalled_context n="1">\nnew\n</recalled_context>');
    expect(lastUserText(messages).trim()).toBe('why?');
    expect(recalledContextIn([])).toBeUndefined();
    expect(lastUserText([])).toBe('');
  });
});

/** A schema, and a judge of values that does not share a line with the code under test. */
interface Judged {
  schema: Record<string, unknown>;
  accepts: (value: unknown) => boolean;
}

const { judged } = fc.letrec<{ judged: Judged }>((tie) => ({
  judged: fc.oneof(
    { maxDepth: 3 },
    fc.constant<Judged>({ schema: { type: 'boolean' }, accepts: (value) => typeof value === 'boolean' }),
    fc.constant<Judged>({ schema: { type: 'null' }, accepts: (value) => value === null }),
    fc.integer().map<Judged>((minimum) => ({
      schema: { type: 'integer', minimum },
      accepts: (value) => typeof value === 'number' && Number.isInteger(value) && value >= minimum,
    })),
    fc.tuple(fc.nat(5), fc.nat(5)).map<Judged>(([least, extra]) => ({
      schema: { type: ['string', 'null'], minLength: least, maxLength: least + extra },
      accepts: (value) => typeof value === 'string' && value.length >= least && value.length <= least + extra,
    })),
    fc.array(fc.string(), { minLength: 1 }).map<Judged>((words) => ({
      schema: { enum: words },
      accepts: (value) => words.includes(String(value)),
    })),
    fc.tuple(tie('judged'), fc.nat(3)).map<Judged>(([items, minItems]) => ({
      schema: { type: 'array', items: items.schema, minItems },
      accepts: (value) => Array.isArray(value) && value.length >= minItems && value.every(items.accepts),
    })),
    fc.tuple(tie('judged'), tie('judged')).map<Judged>(([a, b]) => ({
      schema: {
        properties: { a: { anyOf: [a.schema] }, b: { $ref: '#/$defs/b' } },
        $defs: { b: b.schema },
      },
      // A `$ref` below the root points elsewhere, so that only `a` is judged here.
      accepts: (value) =>
        typeof value === 'object' && value !== null && 'a' in value && a.accepts(value.a) && 'b' in value,
    })),
  ),
}));

describe('structured output', () => {
  it('fits the schema', () => {
    fc.assert(
      fc.property(judged, ({ schema, accepts }) => {
        expect(exampleFor(schema, 'word')).toSatisfy(accepts);
      }),
    );
  });

  it('follows references, and comes back from one that refers to itself', () => {
    const node = { type: 'object', properties: { name: { type: 'string' }, next: { $ref: '#' } } };
    expect(exampleFor(node, 'x')).toMatchObject({ name: 'x', next: { name: 'x' } });
  });
});

describe('unit vectors', () => {
  it('are of length 1, decided by the text, and cut short point the same way', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 256 }), (seed, dimensions) => {
        const long = unitVector(seed, dimensions * 2);
        const short = unitVector(seed, dimensions);
        expect(Math.hypot(...short)).toBeCloseTo(1, 5);
        const norm = Math.hypot(...long.subarray(0, dimensions));
        short.forEach((value, index) => expect(value).toBeCloseTo((long[index] ?? NaN) / norm, 5));
      }),
      { numRuns: 30 },
    );
  });

  it('pack into little-endian float32', () => {
    expect(base64Of(Float32Array.of(1, -2))).toBe(
      Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]).toString('base64'),
    );
  });
});
