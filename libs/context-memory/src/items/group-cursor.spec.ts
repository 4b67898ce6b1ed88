import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readGroupCursor, writeGroupCursor } from './group-cursor.js';

describe('the cursor of a group', () => {
  it('is read as the name that it was written for', () => {
    const names = fc.string({ unit: 'grapheme', minLength: 1 }).filter((name) => !name.includes('\0'));
    fc.assert(
      fc.property(names, (name) => {
        expect(readGroupCursor(writeGroupCursor({ name }))).toBe(name);
      }),
    );
  });

  it.each(['', 'a', '*', 'AA', '/w==', 'gICA', 'a2I='])('is not %j', (cursor) => {
    expect(() => readGroupCursor(cursor)).toThrow(expect.objectContaining({ param: 'cursor' }));
  });
});
