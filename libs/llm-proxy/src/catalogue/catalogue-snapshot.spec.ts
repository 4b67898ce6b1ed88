import { describe, expect, it } from 'vitest';
import { readModel } from './catalogue-model.js';
import { CatalogueSnapshot } from './catalogue-snapshot.js';

const model = (id: string, canonical_slug = id) => readModel({ id, canonical_slug });

describe('CatalogueSnapshot', () => {
  const snapshot = new CatalogueSnapshot(
    [model('a/b:free', 'a/b-2026'), model('a/b', 'a/b-2026'), model('c/d:extended')],
    [model('gone/x')],
    0,
  );

  it.each([
    ['a/b', 'a/b'],
    ['a/b:free', 'a/b:free'],
    ['a/b:nitro', 'a/b'],
    ['a/b-2026', 'a/b'],
    ['a/b-2026:floor', 'a/b'],
    ['gone/x', 'gone/x'],
    ['c/d:extended', 'c/d:extended'],
    ['c/d', undefined],
    ['a/b:extended', undefined],
    ['constructor', undefined],
  ])('finds %s as %s', (id, found) => {
    expect(snapshot.find(id)?.id).toBe(found);
  });

  it('lists neither what vanished nor other spellings', () => {
    expect(['a/b', 'a/b:nitro', 'a/b-2026', 'gone/x'].map((id) => snapshot.findListed(id)?.id)).toEqual([
      'a/b',
      undefined,
      undefined,
      undefined,
    ]);
  });
});
