import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOrder } from './read-order.js';
import type { StoredSpace } from './stored-space.js';

function space(id: number, more: Partial<StoredSpace> = {}): StoredSpace {
  return {
    id,
    provider: 'openrouter',
    model: `m${id}`,
    dimensions: 8,
    status: 'standby',
    home: false,
    filling: false,
    createdAt: new Date(0),
    activatedAt: null,
    filledAt: null,
    ...more,
  };
}

const ids = (spaces: StoredSpace[]) => spaces.map(({ id }) => id);
const active = space(1, { status: 'active', activatedAt: new Date(9) });
const before = space(2, { activatedAt: new Date(8) });
const local = space(3, { provider: 'local' });
const never = space(4);
const retired = space(5, { status: 'retired', provider: 'local', activatedAt: new Date(7) });
const all = [never, retired, local, before, active];

describe('readOrder', () => {
  it('reads the active space and falls back on the local one', () => {
    expect(ids(readOrder(all, new Set()))).toEqual([1, 3]);
    expect(ids(readOrder([active, before], new Set()))).toEqual([1]);
  });

  it('reads the one that was active before until the workspace is filled', () => {
    expect(ids(readOrder(all, new Set([1])))).toEqual([2, 3]);
    expect(ids(readOrder(all, new Set([1, 3])))).toEqual([2]);
    expect(ids(readOrder(all, new Set([1, 2])))).toEqual([3]);
  });

  it('reads the active one when none is filled', () => {
    expect(ids(readOrder(all, new Set([1, 2, 3, 4])))).toEqual([1]);
  });

  it('never reads what is retired, nor a space twice, nor an unfilled one while another is filled', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 5 })), (unfilled) => {
        const order = ids(readOrder(all, new Set(unfilled)));
        expect(order).not.toContain(5);
        expect(new Set(order).size).toBe(order.length);
        if ([1, 2, 3, 4].some((id) => !unfilled.includes(id))) {
          expect(order.filter((id) => unfilled.includes(id))).toEqual([]);
        }
      }),
    );
  });
});
