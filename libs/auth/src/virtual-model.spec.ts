import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '#common';
import { checkVirtualModel, maxVirtualModels, type RoutingStrategy } from './virtual-model.js';

type Targets = [string, number?][];
const model = (name: string, targets: Targets, strategy: RoutingStrategy = 'ordered') => ({
  name,
  strategy,
  targets: targets.map(([target, weight]) => ({ model: target, weight: weight ?? null })),
});
const others = [model('fast', [['a/b']]), model('a/self', [['a/self'], ['c/d']])];

const paramOf = (given: ReturnType<typeof model>, among = others) => {
  try {
    checkVirtualModel(given, among);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidRequestError) return error.param;
    throw error;
  }
};

describe('checkVirtualModel', () => {
  it.each([
    model('alias', [['a/b']]),
    model('c/new', [['c/new'], ['x/y']]),
    model(
      'split',
      [
        ['a/b', 1],
        ['c/e', 0],
      ],
      'weighted',
    ),
  ])('takes $name', (given) => {
    expect(paramOf(given)).toBeUndefined();
  });

  it.each([
    ['a name that is a target', model('a/b', [['x/y']]), 'name'],
    ['a name of odd letters', model('my model', [['x/y']]), 'name'],
    ['an alias to an alias', model('new', [['x/y'], ['fast']]), 'targets[1].model'],
    ['an alias to a name with fallbacks', model('new', [['a/self']]), 'targets[0].model'],
    ['a target twice', model('new', [['x/y'], ['x/y']]), 'targets[1].model'],
    ['a weight in an ordered one', model('new', [['x/y', 1]]), 'targets[0].weight'],
    ['no weight in a weighted one', model('new', [['x/y', 1], ['z/z']], 'weighted'), 'targets[1].weight'],
    ['weights of nothing', model('new', [['x/y', 0]], 'weighted'), 'targets'],
  ])('refuses %s', (_what, given, param) => {
    expect(paramOf(given)).toBe(param);
  });

  it('refuses more than a cache should hold', () => {
    const many = Array.from({ length: maxVirtualModels }, (_, i) => model(`v${i}`, [['x/y']]));
    expect(paramOf(model('one-more', [['x/y']]), many)).toBe('name');
  });
});
