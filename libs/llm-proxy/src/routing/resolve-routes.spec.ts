import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveRoutes, type VirtualModel, type VirtualModels } from './resolve-routes.js';

const ordered = (...models: string[]): VirtualModel => ({
  strategy: 'ordered',
  targets: models.map((model) => ({ model, weight: null })),
});
const weighted = (...weights: [string, number][]): VirtualModel => ({
  strategy: 'weighted',
  targets: weights.map(([model, weight]) => ({ model, weight })),
});
const never = () => {
  throw new Error('Nothing is to be drawn');
};

describe('resolveRoutes', () => {
  const virtual: VirtualModels = new Map([
    ['alias', ordered('a/b')],
    ['chain', ordered('a/b', 'c/d', 'e/f')],
    ['a/b', ordered('a/b', 'x/y')],
    ['split', weighted(['a/b', 1], ['c/d', 3], ['e/f', 0])],
  ]);

  it.each([
    [['real/one'], ['real/one']],
    [
      ['real/one:nitro', '~x-latest', 'openrouter/auto'],
      ['real/one:nitro', '~x-latest', 'openrouter/auto'],
    ],
    [['alias'], ['a/b']],
    [['chain'], ['a/b', 'c/d', 'e/f']],
    [['a/b'], ['a/b', 'x/y']],
    [
      ['real/one', 'chain', 'c/d', 'z/z'],
      ['real/one', 'a/b', 'c/d', 'e/f', 'z/z'],
    ],
  ] satisfies [[string, ...string[]], string[]][])('resolves %j to %j', (names, routes) => {
    expect(resolveRoutes(names, virtual, never)).toEqual(routes);
  });

  it.each([
    [0, ['a/b', 'c/d', 'e/f']],
    [0.249, ['a/b', 'c/d', 'e/f']],
    [0.25, ['c/d', 'a/b', 'e/f']],
    [0.999, ['c/d', 'a/b', 'e/f']],
  ])('draws %f by weight, then goes on in order', (drawn, routes) => {
    expect(resolveRoutes(['split'], virtual, () => drawn)).toEqual(routes);
  });

  it('refuses more models than one call may ask', () => {
    const names = (count: number): [string, ...string[]] => [
      'chain',
      ...Array.from({ length: count }, (_, i) => `real/${i}`),
    ];
    expect(resolveRoutes(names(13), virtual, never)).toHaveLength(16);
    expect(() => resolveRoutes(names(14), virtual, never)).toThrow(
      expect.objectContaining({ httpStatus: 400, param: 'models' }),
    );
  });

  const name = fc.constantFrom('v1', 'v2', 'v3', 'r1', 'r2', 'r3');
  const model = fc
    .record({
      strategy: fc.constantFrom('ordered' as const, 'weighted' as const),
      targets: fc.array(fc.record({ model: name, weight: fc.option(fc.nat(100)) }), { minLength: 1 }),
    })
    .map((given): VirtualModel => given);

  // Even a table that the admin API would refuse (chains, rings) resolves in one step.
  it('ends for any table, with every target once and nothing else', () => {
    fc.assert(
      fc.property(
        fc.tuple(name, fc.array(name)),
        fc.dictionary(name, model),
        fc.double({ min: 0, max: 0.9999999, noNaN: true }),
        ([first, rest], table, drawn) => {
          const names: [string, ...string[]] = [first, ...rest];
          const map = new Map(Object.entries(table));
          const routes = resolveRoutes(names, map, () => drawn);
          const expected = names.flatMap(
            (each) => map.get(each)?.targets.map((target) => target.model) ?? [each],
          );
          expect(new Set(routes)).toEqual(new Set(expected));
          expect(routes).toHaveLength(new Set(routes).size);
        },
      ),
    );
  });

  // Every point of the unit interval instead of a sample: the share is exact, and the spec cannot fail by bad luck.
  it('gives each target just its share', () => {
    const weights = fc
      .array(fc.nat(20), { minLength: 1, maxLength: 8 })
      .filter((all) => all.some((w) => w > 0));
    fc.assert(
      fc.property(weights, (all) => {
        const table = new Map([['v', weighted(...all.map((w, i): [string, number] => [`m${i}`, w]))]]);
        const total = all.reduce((sum, w) => sum + w, 0);
        const drawn = Array.from({ length: total }, (_, i) =>
          resolveRoutes(['v'], table, () => (i + 0.5) / total),
        );
        const counts = all.map((_, i) => drawn.filter(([first]) => first === `m${i}`).length);
        expect(counts).toEqual(all);
      }),
    );
  });
});
