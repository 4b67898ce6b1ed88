import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constantOf } from './constant-filter.js';
import { type Filter, parseFilter } from './metadata-filter.js';

const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.constant<Filter>({ op: 'eq', field: { path: ['a'] }, value: 1 }),
  fc.constant<Filter>({ op: 'in', field: { path: ['a'] }, values: [] }),
  fc.constant<Filter>({ op: 'nin', field: { path: ['a'] }, values: [] }),
);
const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.record({
      op: fc.constantFrom('and' as const, 'or' as const),
      of: fc.array(tie('filter'), { maxLength: 3 }),
    }),
    fc.record({ op: fc.constant('not' as const), of: tie('filter') }),
  ),
}));

/** What the filter says when its one comparison says `leaf`. */
function truth(filter: Filter, leaf: boolean): boolean {
  if (filter.op === 'not') return !truth(filter.of, leaf);
  if (filter.op === 'and') return filter.of.every((part) => truth(part, leaf));
  if (filter.op === 'or') return filter.of.some((part) => truth(part, leaf));
  return filter.op === 'in' ? false : filter.op === 'nin' ? true : leaf;
}

describe('constantOf', () => {
  it('never calls a filter constant that depends on the item, nor otherwise than it is', () => {
    fc.assert(
      fc.property(filter, (filter) => {
        const constant = constantOf(filter);
        if (constant === undefined) return;
        expect([truth(filter, true), truth(filter, false)]).toEqual([constant, constant]);
      }),
    );
  });

  it.each([{}, { and: [] }, { not: { or: [] } }, { a: { nin: [] } }, { or: [{ b: 1 }, {}] }])(
    'sees that %j holds for everything',
    (written) => expect(constantOf(parseFilter(written))).toBe(true),
  );

  it.each([{ a: 1 }, { not: { a: 1 } }, { or: [] }])('sees that %j does not', (written) =>
    expect(constantOf(parseFilter(written))).not.toBe(true),
  );
});
