import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeOf } from './ingest.repository.js';
import { prepareItem } from './prepared-item.js';
import { sessionPlaces } from './session-places.js';

const post = (session: string, sessionPosition: number | null | undefined) =>
  prepareItem(
    {
      path: '',
      content: 'x',
      kind: 'turn',
      session,
      recorded: {
        id: undefined,
        heading: undefined,
        sessionPosition,
        version: undefined,
        updatedAt: undefined,
      },
    },
    new Date(0),
  );
const wishes = fc.array(
  fc.tuple(fc.constantFrom('a', 'b'), fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(undefined))),
);
const held = fc.uniqueArray(fc.integer({ min: 1, max: 9 }));

describe('sessionPlaces', () => {
  it('gives no place twice, and none that is held', () => {
    fc.assert(
      fc.property(wishes, held, (wishes, held) => {
        const posts = wishes.map(([session, place]) => post(session, place));
        const taken = new Set(held.map((place) => placeOf('a', place)));
        const places = sessionPlaces(posts, new Map([['a', Math.max(0, ...held)]]), new Set(taken));
        const given = posts.map((one) => placeOf(one.item.session ?? '', places.get(one) ?? 0));
        expect(new Set([...taken, ...given]).size).toBe(taken.size + posts.length);
      }),
    );
  });

  it('keeps recorded places, gaps and all, and gives posts without one the next', () => {
    const posts = [post('a', 3), post('a', 7), post('a', undefined), post('a', null)];
    const places = sessionPlaces(posts, new Map(), new Set());
    expect(posts.map((one) => places.get(one))).toEqual([3, 7, 8, undefined]);
  });

  it('keeps the order of a session that comes behind one of its name', () => {
    const posts = [1, 2, 3, 4].map((place) => post('a', place));
    const places = sessionPlaces(posts, new Map([['a', 2]]), new Set([placeOf('a', 1), placeOf('a', 2)]));
    expect(posts.map((one) => places.get(one))).toEqual([3, 4, 5, 6]);
  });
});
