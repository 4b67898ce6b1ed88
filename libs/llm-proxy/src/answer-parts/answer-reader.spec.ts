import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#common';
import type { PartEvent } from './answer-part.js';
import { AnswerReader } from './answer-reader.js';
import { packDetails, unpackDetails } from './reasoning-details.js';

const chunk = (delta: JsonObject, more: JsonObject = {}) => ({
  model: 'a/b',
  choices: [{ index: 0, delta, ...more }],
});
const call = (index: number, id: string | undefined, name: string | undefined, args: string) => ({
  tool_calls: [{ index, id, function: { name, arguments: args } }],
});

const newReader = () => {
  let made = 0;
  return new AnswerReader((prefix) => `${prefix}${++made}`);
};

function eventsOf(bodies: JsonObject[]): PartEvent[] {
  const reader = newReader();
  return [...bodies.flatMap((body) => reader.read(body)), ...reader.end()];
}

/** The parts that a sequence of events builds; throws when the sequence is none. */
function partsOf(events: PartEvent[]) {
  const parts: { type: string; text: string; name?: string; callId?: string; details: number }[] = [];
  let open: { head: { type: string }; grown: string } | undefined;
  for (const event of events) {
    if (event.kind === 'open') {
      expect(open).toBeUndefined();
      open = { head: event.head, grown: '' };
    } else if (event.kind === 'grow') {
      expect(open).toBeDefined();
      if (open) open.grown += event.text;
    } else {
      expect(event.text).toBe(open?.grown);
      if (open) parts.push({ ...open.head, text: event.text, details: event.details.length });
      open = undefined;
    }
  }
  expect(open).toBeUndefined();
  return parts;
}

describe('AnswerReader', () => {
  it('streams a text as it comes', () => {
    const reader = newReader();
    expect(reader.read(chunk({ role: 'assistant', content: '' }))).toEqual([]);
    expect(reader.read(chunk({ content: 'Hel' }))).toEqual([
      { kind: 'open', head: { type: 'text' } },
      { kind: 'grow', text: 'Hel' },
    ]);
    expect(reader.read(chunk({ content: 'lo' }, { finish_reason: 'stop' }))).toEqual([
      { kind: 'grow', text: 'lo' },
    ]);
    expect(reader.end()).toEqual([{ kind: 'close', text: 'Hello', details: [] }]);
    expect([reader.model, reader.finishReason]).toEqual(['a/b', 'stop']);
  });

  it('closes one part before the next opens, and reads only the first choice', () => {
    const parts = partsOf(
      eventsOf([
        chunk({ reasoning: 'hm' }),
        chunk({ reasoning: 'm', content: 'so' }),
        { choices: [{ index: 1, delta: { content: 'another' } }] },
        chunk({ refusal: 'no' }),
        chunk(call(0, 'c1', 'f', '{"a"')),
        chunk(call(0, undefined, undefined, ':1}')),
      ]),
    );
    expect(parts).toMatchObject([
      { type: 'reasoning', text: 'hmm' },
      { type: 'text', text: 'so' },
      { type: 'refusal', text: 'no' },
      { type: 'tool_call', callId: 'c1', name: 'f', text: '{"a":1}' },
    ]);
  });

  it('puts calls whose arguments interleave one after the other, and loses nothing', () => {
    const parts = partsOf(
      eventsOf([
        chunk(call(0, 'c1', 'f', '{"a"')),
        chunk(call(1, 'c2', 'g', '{')),
        chunk(call(0, undefined, undefined, ':1}')),
        chunk(call(2, 'c3', 'h', '')),
        chunk(call(1, undefined, undefined, '}')),
        chunk({ content: 'afterwards' }),
      ]),
    );
    expect(parts).toMatchObject([
      { callId: 'c1', text: '{"a":1}' },
      { callId: 'c2', text: '{}' },
      { callId: 'c3', text: '{}' },
      { type: 'text', text: 'afterwards' },
    ]);
  });

  it('tells calls of one index apart by their ids, waits for a late name, and makes an id where there is none', () => {
    const same = [chunk(call(0, 'c1', 'f', '{}')), chunk(call(0, 'c2', 'g', '{}'))];
    expect(partsOf(eventsOf(same))).toMatchObject([{ callId: 'c1' }, { callId: 'c2' }]);
    const late = [chunk(call(0, undefined, undefined, '{')), chunk(call(0, undefined, 'f', '}'))];
    expect(partsOf(eventsOf(late))).toMatchObject([{ callId: 'call_1', name: 'f', text: '{}' }]);
  });

  it('reads a whole answer as it reads the same in chunks', () => {
    const message = {
      reasoning: 'why',
      content: 'text',
      tool_calls: [{ id: 'c1', function: { name: 'f', arguments: '{}' } }],
    };
    const whole = partsOf(eventsOf([{ choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }]));
    const { tool_calls, ...words } = message;
    expect(whole).toEqual(partsOf(eventsOf([chunk(words), chunk({ tool_calls })])));
  });

  it('merges the pieces of reasoning details, and gives late ones a part of their own after the text', () => {
    const piece = (text: string, signature?: string) => ({
      type: 'reasoning.text',
      index: 0,
      text,
      signature,
    });
    const events = eventsOf([
      chunk({ reasoning: 'a', reasoning_details: [piece('a')] }),
      chunk({ reasoning: 'b', reasoning_details: [piece('b')] }),
      chunk({ reasoning_details: [piece('', 'sig')] }),
      chunk({ content: 'text', reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }] }),
      chunk({ content: ' on' }),
    ]);
    const closed = events.filter((event) => event.kind === 'close');
    expect(closed).toEqual([
      {
        kind: 'close',
        text: 'ab',
        details: [
          { type: 'reasoning.text', index: 0, text: 'ab', signature: 'sig' },
          { type: 'reasoning.encrypted', data: 'x' },
        ],
      },
      { kind: 'close', text: 'text on', details: [] },
    ]);
    const late = eventsOf([
      chunk({ content: 'text' }),
      chunk({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }] }),
      chunk({ content: ' on' }),
    ]);
    expect(partsOf(late)).toMatchObject([
      { type: 'text', text: 'text on' },
      { type: 'reasoning', text: '', details: 1 },
    ]);
  });

  it('says which reasoning is a summary', () => {
    const [open] = eventsOf([
      chunk({ reasoning: 's', reasoning_details: [{ type: 'reasoning.summary', summary: 's' }] }),
    ]);
    expect(open).toEqual({ kind: 'open', head: { type: 'reasoning', form: 'summary' } });
  });

  it('is a sequence of whole parts, whatever an upstream sends, and says all that was said', () => {
    // Without the brace that makes arguments whole, after which a call may not go on.
    const word = fc.string({ minLength: 1, maxLength: 3 }).map((text) => text.replaceAll('}', '{'));
    const delta = fc.oneof(
      fc.record({ content: word }),
      fc.record({ reasoning: word }),
      fc.record({ refusal: word }),
      fc.tuple(fc.nat(3), word).map(([index, text]) => call(index, `c${index}`, `f${index}`, text)),
    );
    fc.assert(
      fc.property(fc.array(delta, { maxLength: 12 }), (deltas) => {
        const parts = partsOf(eventsOf(deltas.map((said) => chunk(said))));
        const said = (type: string) =>
          parts
            .filter((part) => part.type === type)
            .map(({ text }) => text)
            .join('');
        const given = (name: string) =>
          deltas.map((part: JsonObject) => (typeof part[name] === 'string' ? part[name] : '')).join('');
        expect(said('text')).toBe(given('content'));
        expect(said('reasoning')).toBe(given('reasoning'));
        expect(said('refusal')).toBe(given('refusal'));
        for (const index of [0, 1, 2, 3]) {
          const pieces = deltas.flatMap((part: JsonObject) =>
            Array.isArray(part['tool_calls']) && part['tool_calls'][0].index === index
              ? [part['tool_calls'][0].function.arguments as string]
              : [],
          );
          const made = parts.filter(({ callId }) => callId === `c${index}`).map(({ text }) => text);
          expect(made).toEqual(pieces.length === 0 ? [] : [pieces.join('')]);
        }
      }),
    );
  });

  it('throws for nothing that is JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (values) => {
        const bodies = values.flatMap((value): JsonObject[] => [
          { choices: [{ delta: value }], usage: value },
          { choices: [{ delta: { tool_calls: value, reasoning_details: value, content: value } }] },
          { choices: value },
        ]);
        partsOf(eventsOf(bodies));
      }),
    );
  });
});

describe('packed details', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1 }), (details) => {
        const plain: JsonObject[] = JSON.parse(JSON.stringify(details));
        expect(unpackDetails(packDetails(plain))).toEqual(plain);
      }),
    );
  });

  it.each([undefined, '', 'ErUBCkYIBRgCIkDa', 'rd1.', 'rd1.bm90IGpzb24', 7])('are not %j', (given) => {
    expect(unpackDetails(given)).toBeUndefined();
  });
});
