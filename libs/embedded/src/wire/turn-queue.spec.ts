import * as fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { TurnQueue } from './turn-queue.js';

const never = (): never => expect.unreachable('nothing should be wrong here');

afterEach(() => {
  vi.useRealTimers();
});

describe('TurnQueue', () => {
  it('serves every turn once, never two at a time, each key in its order, nobody between the turns of a holder', async () => {
    const turns = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), holds: fc.boolean() }), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(turns, async (planned) => {
        // Whoever holds must let go in the end, or the others wait for ever.
        const plan = [...planned, ...['a', 'b', 'c'].map((key) => ({ key, holds: false }))];
        const served: number[] = [];
        let running = 0;
        const queue = new TurnQueue<string>({ idleLimitMs: 1e6, onIdleTooLong: never, onError: never });
        for (const [index, { key, holds }] of plan.entries()) {
          const run = async (): Promise<boolean> => {
            expect(++running).toBe(1);
            await Promise.resolve();
            running--;
            served.push(index);
            return holds;
          };
          queue.enqueue({ key, run });
        }
        await queue.idle();
        expect(served.toSorted((x, y) => x - y)).toEqual(plan.map((_, index) => index));
        for (const key of 'abc') {
          const own = served.filter((index) => plan[index]?.key === key);
          expect(own).toEqual(own.toSorted((x, y) => x - y));
        }
        const followers = served
          .slice(1)
          .map((next, position) => ({ held: plan[served[position] ?? -1], next: plan[next] }));
        expect(followers.filter(({ held, next }) => held?.holds && next?.key !== held.key)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('reports an idle holder only while others wait, and late arrivals do not give it more time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const idled: string[] = [];
    const queue = new TurnQueue<string>({
      idleLimitMs: 100,
      onIdleTooLong: (key) => idled.push(key),
      onError: never,
    });
    queue.enqueue({ key: 'holder', run: async () => true });
    await queue.idle();
    vi.advanceTimersByTime(1_000);
    expect(idled).toEqual([]);
    queue.enqueue({ key: 'first', run: async () => false });
    vi.advanceTimersByTime(60);
    queue.enqueue({ key: 'second', run: async () => false });
    vi.advanceTimersByTime(60);
    expect(idled).toEqual(['holder']);
  });

  it('goes on after a turn that throws, and says so', async () => {
    const errors: unknown[] = [];
    const queue = new TurnQueue<string>({
      idleLimitMs: 1e6,
      onIdleTooLong: never,
      onError: (error) => errors.push(error),
    });
    const fault = new Error('fault');
    queue.enqueue({ key: 'a', run: () => Promise.reject(fault) });
    const served = new Promise<string>((resolve) => {
      queue.enqueue({ key: 'b', run: async () => (resolve('b'), false) });
    });
    expect(await served).toBe('b');
    expect(errors).toEqual([fault]);
  });
});
