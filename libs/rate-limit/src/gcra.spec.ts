import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { peekBucket, takeFromBucket } from './gcra.js';

const start = 1_764_000_000_000;
const bucket = fc.record({
  size: fc.integer({ min: 1, max: 300 }),
  windowSeconds: fc.integer({ min: 1, max: 86_400 }),
});

describe('GCRA', () => {
  it('lets exactly a full bucket through at one moment, whatever its size', () => {
    fc.assert(
      fc.property(bucket, (bucket) => {
        let arrival = 0;
        for (let taken = 0; taken < bucket.size; taken++) {
          const decision = takeFromBucket(bucket, arrival, start);
          expect(decision.allowed).toBe(true);
          expect(decision.remaining).toBe(bucket.size - taken - 1);
          arrival = decision.arrival;
        }
        expect(takeFromBucket(bucket, arrival, start).allowed).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it('never lets more than two bucketfuls through in any one window, and keeps its promise of when to come back', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(bucket, steps, (bucket, steps) => {
        let arrival = 0;
        let now = start;
        const passed: number[] = [];
        for (const step of steps) {
          now += step;
          const decision = takeFromBucket(bucket, arrival, now);
          if (decision.allowed) passed.push(now);
          else expect(takeFromBucket(bucket, arrival, now + decision.retryMs).allowed).toBe(true);
          arrival = decision.arrival;
        }
        for (const first of passed) {
          const within = passed.filter((at) => at >= first && at < first + bucket.windowSeconds * 1_000);
          expect(within.length).toBeLessThanOrEqual(bucket.size * 2);
        }
      }),
    );
  });

  it('is full again after its reset, and a refusal moves nothing', () => {
    fc.assert(
      fc.property(bucket, (bucket) => {
        const { arrival, resetMs } = takeFromBucket(bucket, 0, start);
        expect(peekBucket(bucket, arrival, start + resetMs).remaining).toBe(bucket.size);
        const spent = start + bucket.windowSeconds * 1_000;
        const refused = takeFromBucket(bucket, spent, start);
        if (!refused.allowed) expect(refused.arrival).toBe(spent);
      }),
    );
  });
});
