import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextLookUpMs } from './look-up-schedule.js';

const day = 86_400_000;

describe('nextLookUpMs', () => {
  it('doubles from five seconds to an hour', () => {
    const pauses = [1, 2, 3, 10, 11, 12, 1_000].map((attempts) => nextLookUpMs(attempts, 0, 0));
    expect(pauses).toEqual([5_000, 10_000, 20_000, 2_560_000, 3_600_000, 3_600_000, 3_600_000]);
  });

  it('gives up a day after the call, after about thirty tries', () => {
    expect(nextLookUpMs(3, 0, day - 1)).toBe(20_000);
    expect(nextLookUpMs(3, 0, day)).toBeUndefined();
    let [now, attempts] = [0, 0];
    for (let pause: number | undefined = 0; pause !== undefined; pause = nextLookUpMs(attempts, 0, now)) {
      now += pause;
      attempts += 1;
    }
    expect(attempts).toBeGreaterThan(30);
    expect(attempts).toBeLessThan(36);
  });

  it('never comes back sooner than before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 32_767 }), (attempts) => {
        expect(nextLookUpMs(attempts + 1, 0, 0)).toBeGreaterThanOrEqual(nextLookUpMs(attempts, 0, 0) ?? 0);
      }),
    );
  });
});
