import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderSet } from './render-set.js';
import { stateOf, summarySource } from './summary-source.js';
import type { WantedPart } from './wanted-part.js';

const part = (id: string, content: string, more: Partial<WantedPart> = {}): WantedPart => ({
  id,
  content,
  title: null,
  kind: 'note',
  createdAt: new Date('2026-11-22T08:00:00Z'),
  version: 1,
  wantedBy: 'query',
  value: 1,
  state: 'present',
  isBeyond: false,
  ...more,
});
const wish = { model: 'small', maxTokens: 40 };
const sentence = (i: number) =>
  `Rule ${i} says that the giraffes of house ${i} are fed at noon, and not before.`;
const many = Array.from({ length: 12 }, (_, i) => part(`${i}`, sentence(i), { value: 1 + i }));

describe('summarySource', () => {
  it('is what has no room beside a summary of that length, and nothing that does', () => {
    const source = summarySource(wish, 300, many);
    const left = source?.parts.map(({ id }) => id) ?? [];
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(many.length);
    for (const { id, content } of many) expect(source?.text.includes(content)).toBe(left.includes(id));
    const summary = {
      text: 'All are fed at noon.',
      tokens: 6,
      model: 'small',
      source: '',
      state: '',
      setVersion: 1,
      usageEventId: '',
      madeAt: new Date(0),
    };
    const { packed } = renderSet(many, { tokenBudget: 300, summary });
    // A summary shorter than was asked for may leave room for more; what is in neither there is not.
    const shown = new Set([...packed.map(({ id }) => id), ...left]);
    expect(shown.size).toBe(many.length);
  });

  it('is nothing where all fits, where the summary itself has no room, and where nothing is wanted', () => {
    expect(summarySource(wish, 5_000, many)).toBeUndefined();
    expect(summarySource(wish, 300, [])).toBeUndefined();
    expect(summarySource(wish, 60, many)).toBeUndefined();
  });

  it('leaves out what has expired, is gone, or was not read, and is bounded', () => {
    const gone = [
      part('expired', 'The zebra.', { state: 'expired' }),
      part('deleted', '', { state: 'deleted' }),
      part('far', '', { isBeyond: true }),
    ];
    const large = Array.from({ length: 40 }, (_, i) => part(`large-${i}`, `${i} ${'horse '.repeat(400)}`));
    const source = summarySource(wish, 300, [...gone, ...large]);
    expect(source?.parts.length).toBeLessThan(25);
    expect(source?.parts.map(({ id }) => id).filter((id) => !id.startsWith('large'))).toEqual([]);
  });

  it('has a hash that changes with the versions, the model and the length, and with nothing else', () => {
    const hash = (more: object = {}, wanted = many) => summarySource({ ...wish, ...more }, 300, wanted)?.hash;
    expect(
      hash(
        {},
        many.map((wanted) => ({ ...wanted, title: null })),
      ),
    ).toBe(hash());
    const newer = many.map((wanted) => ({ ...wanted, version: 2 }));
    expect(new Set([hash(), hash({}, newer), hash({ model: 'other' }), hash({ maxTokens: 41 })]).size).toBe(
      4,
    );
  });
});

describe('stateOf', () => {
  it('is the same for the same set, and another for any part that came, went or changed', () => {
    const set = { summary: wish, tokenBudget: 300 };
    fc.assert(
      fc.property(fc.nat(many.length - 1), (at) => {
        const without = many.toSpliced(at, 1);
        const changed = many.with(at, part(`${at}`, 'x', { value: 1 + at, version: 2 }));
        const states = [many, without, changed].map((wanted) => stateOf(set, wanted));
        expect(new Set([...states, stateOf({ ...set, tokenBudget: 301 }, many)]).size).toBe(4);
        expect(stateOf(set, [...many])).toBe(states[0]);
      }),
    );
  });
});
