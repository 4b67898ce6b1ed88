import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rescalingsOf } from './bucket-rescaling.js';
import type { Limits } from './limited-caller.js';

const limits: fc.Arbitrary<Limits> = fc.record({
  requests: fc.integer({ min: 1, max: 3 }),
  windowSeconds: fc.integer({ min: 1, max: 3 }),
  tokens: fc.nat(3),
  parallel: fc.nat(3),
  workspaceRequests: fc.nat(3),
  workspaceWindowSeconds: fc.integer({ min: 1, max: 3 }),
  dailyTokens: fc.integer({ min: 1, max: 3 }),
  shadow: fc.constant([]),
});
const changed = fc.record({ keyHash: fc.constantFrom('a', 'b'), before: limits, after: limits });

describe('rescalingsOf', () => {
  it('names a bucket when its size or window changed, and it was and is one', () => {
    fc.assert(
      fc.property(changed, ({ keyHash, before, after }) => {
        const rescalings = rescalingsOf([{ keyHash, workspaceId: 'w', before, after }]);
        const expected = new Map([
          [
            'rate_limit:api_key:' + keyHash,
            [before.requests, before.windowSeconds, after.requests, after.windowSeconds],
          ],
          ['rate_limit:tokens:' + keyHash, [before.tokens, 60, after.tokens, 60]],
          [
            'rate_limit:workspace:w',
            [
              before.workspaceRequests,
              before.workspaceWindowSeconds,
              after.workspaceRequests,
              after.workspaceWindowSeconds,
            ],
          ],
        ]);
        for (const [key, [size, seconds, nextSize, nextSeconds]] of expected) {
          const stays = (size === nextSize && seconds === nextSeconds) || size === 0 || nextSize === 0;
          if (stays) expected.delete(key);
        }
        expect(rescalings).toEqual(expected);
      }),
    );
  });
});
