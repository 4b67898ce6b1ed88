import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { objectBytes, spliceJson, type JsonEdits } from './json-splice.js';

const splice = (text: string, edits: JsonEdits): string =>
  spliceJson(objectBytes(Buffer.from(text)), edits).toString();

const value = fc.jsonValue({ maxDepth: 3, noUnicodeString: false });
const space = fc.constantFrom('', ' ', '\n\t', '\r\n');
const names = ['model', 'messages', 'context', 'stream_options', 'seed', 'größe'];

/** A name as any JSON writer may spell it: plainly, or with some characters escaped. */
const spelled = fc
  .tuple(fc.constantFrom(...names), fc.array(fc.boolean(), { minLength: 14, maxLength: 14 }))
  .map(([name, escape]) => {
    const letters = name
      .split('')
      .map((letter, i) => (escape[i] ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}` : letter));
    return `"${letters.join('')}"`;
  });

const message = fc.record({
  role: fc.constantFrom('user', 'assistant'),
  content: fc.string({ unit: 'grapheme' }),
});
const options = fc.oneof(
  value,
  fc.record({ include_usage: fc.boolean(), more: value }, { requiredKeys: [] }),
);

/** Objects as they come over the wire: any spacing, any spelling, names more than once. */
const wire = fc
  .array(fc.tuple(spelled, value, options, fc.array(message, { maxLength: 3 }), space, space), {
    maxLength: 7,
  })
  .map((members) => {
    const texts = members.map(([name, any, option, messages, before, after]) => {
      const plain: unknown = JSON.parse(name);
      const chosen = plain === 'messages' ? messages : plain === 'stream_options' ? option : any;
      return `${before}${name}${after}:${before}${JSON.stringify(chosen, null, after.length)}${after}`;
    });
    return ` {${texts.join(',')} }\n`;
  });

const isObject = (x: unknown): x is Record<string, unknown> =>
  typeof x === 'object' && x !== null && !Array.isArray(x);

describe('spliceJson', () => {
  it('gives what the same edit of the parsed value gives', () => {
    fc.assert(
      fc.property(
        wire,
        fc.boolean(),
        fc.boolean(),
        fc.option(fc.string()),
        fc.nat(3),
        (text, drop, usage, model, at) => {
          const parsed: Record<string, unknown> = JSON.parse(text);
          const { messages } = parsed;
          const added = { role: 'user', content: 'recalled "é"' };
          const edited = JSON.parse(
            splice(text, {
              drop: drop ? ['context'] : [],
              includeUsage: usage,
              model: model ?? undefined,
              insert: { message: added, at },
            }),
          );
          if (drop) delete parsed['context'];
          if (model !== null) parsed['model'] = model;
          if (Array.isArray(messages)) parsed['messages'] = messages.toSpliced(at, 0, added);
          const given = parsed['stream_options'];
          if (usage) parsed['stream_options'] = { ...(isObject(given) && given), include_usage: true };
          expect(edited).toEqual(parsed);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('leaves every other byte alone', () => {
    const head = '{ "seed" : 12345678901234567890, "x":"\\u00e9\\/", ';
    const user = '{"role" : "user","content":"1e400"}';
    const tail = ' ,"temperature":1.0e0  }';
    const text = `${head}"cont\\u0065xt":{"recall":true}, "messages":[ {"role":"system"} , ${user} ]${tail}`;
    const edited = splice(text, { drop: ['context'], insert: { message: { a: 1 }, at: 1 } });
    expect(edited).toBe(
      `${head.trimEnd().slice(0, -1)}, "messages":[ {"role":"system"} , {"a":1},${user} ]${tail}`,
    );
  });

  it('gives the same buffer back when there is nothing to do', () => {
    const raw = Buffer.from('{"model":"a"}');
    expect(spliceJson(objectBytes(raw), { drop: ['context'] })).toBe(raw);
  });

  it('edits every occurrence of a name that is given twice', () => {
    const text =
      '{"model":"a","stream_options":null,"mod\\u0065l":"b","stream_options":{"include_usage":false}}';
    expect(splice(text, { model: 'c', includeUsage: true })).toBe(
      '{"model":"c","stream_options":{"include_usage":true},"mod\\u0065l":"c","stream_options":{"include_usage":true}}',
    );
  });

  it('leaves a sound object when everything goes', () => {
    expect(splice('{"context":1,"context":2}', { drop: ['context'] })).toBe('{}');
    expect(splice('{"context":1}', { drop: ['context'], includeUsage: true })).toBe(
      '{"stream_options":{"include_usage":true}}',
    );
    expect(splice('{"models":[]}', { drop: ['models'], model: 'a', includeUsage: true })).toBe(
      '{"model":"a","stream_options":{"include_usage":true}}',
    );
  });
});
