import { describe, expect, it } from 'vitest';
import { toItemQuery } from './item-query.js';

describe('toItemQuery', () => {
  it('passes on what was asked for', () => {
    expect(toItemQuery({ limit: 20, session: 's', kind: 'note' })).toEqual({
      limit: 20,
      session: 's',
      kind: 'note',
      after: undefined,
      filter: undefined,
    });
    expect(toItemQuery({ limit: 20, filter: '{"team":"support"}' }).filter).toBeDefined();
  });

  it.each([
    [{ filter: '{broken' }, 'filter'],
    [{ filter: '{"a":{"like":1}}' }, 'filter.a.like'],
    [{ cursor: 'nonsense' }, 'cursor'],
  ])('refuses %j, naming %s', (query, param) => {
    expect(() => toItemQuery({ limit: 20, ...query })).toThrow(
      expect.objectContaining({ httpStatus: 400, param }),
    );
  });
});
