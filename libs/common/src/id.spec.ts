import { describe, expect, it } from 'vitest';
import { isId, newId } from './id.js';

describe('newId', () => {
  it('makes well-formed ids that are all different and rise, however many a millisecond', () => {
    const ids = Array.from({ length: 20_000 }, newId);
    expect(ids.every(isId)).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted()).toEqual(ids);
  });

  it('names the moment it was made in, the version and the variant', () => {
    const before = Date.now();
    const id = newId();
    const ms = parseInt(id.replace('-', '').slice(0, 12), 16);
    expect(ms).toBeGreaterThanOrEqual(before);
    expect(ms).toBeLessThanOrEqual(Date.now());
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
