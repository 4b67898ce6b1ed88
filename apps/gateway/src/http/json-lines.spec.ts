import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from './json-lines.js';

const values = (text: string) => [...readLines(Buffer.from(text))];

describe('readLines', () => {
  it('reads what was written as lines, whatever the strings in it hold', () => {
    const texts = fc.array(fc.record({ text: fc.string({ unit: 'grapheme' }) }));
    fc.assert(
      fc.property(texts, fc.constantFrom('\n', '\r\n', '\n\n'), (objects, end) => {
        const lines = values(objects.map((object) => JSON.stringify(object) + end).join(''));
        expect(lines.map(({ value }) => value)).toEqual(objects);
      }),
    );
  });

  it('numbers lines from 1, blank ones too, and needs no line feed at the end', () => {
    expect(values('{"a":1}\n\n  \n{"b":2}')).toEqual([
      { number: 1, value: { a: 1 } },
      { number: 4, value: { b: 2 } },
    ]);
  });

  it.each(['{"a":', '[]', '7', 'null', '{"__proto__":1}', '\u0000'])('names the line that is %j', (line) => {
    const fault = expect.objectContaining({ param: expect.stringMatching(/^line_2\b/), httpStatus: 400 });
    expect(() => values(`{}\n${line}\n{}`)).toThrow(fault);
  });
});
