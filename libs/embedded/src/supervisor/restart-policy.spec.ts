import { describe, expect, it } from 'vitest';

import { RestartPolicy } from './restart-policy.js';

describe('RestartPolicy', () => {
  it('waits longer each time and gives up at the fifth crash within a minute', () => {
    const policy = new RestartPolicy();
    expect([0, 1, 2, 3, 4].map((second) => policy.afterCrash(second * 1_000))).toEqual([
      200,
      400,
      800,
      1_600,
      undefined,
    ]);
  });

  it('forgets crashes that are a minute old, and all of them when asked', () => {
    const policy = new RestartPolicy();
    for (const second of [0, 1, 2, 3]) policy.afterCrash(second * 1_000);
    expect(policy.afterCrash(70_000)).toBe(200);
    policy.reset();
    expect(policy.afterCrash(70_001)).toBe(200);
  });
});
