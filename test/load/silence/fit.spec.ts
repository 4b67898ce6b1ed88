import { expect, it } from 'vitest';
import { relevanceOf } from '../../../libs/context-memory/src/recall/relevance.js';
import type { Asked } from './ask.js';
import { fitCalibration } from './fit.js';

it('parts what is known from what is not, and lets the number of rows count', () => {
  const asked = [20, 2_000].flatMap((among) =>
    Array.from({ length: 200 }, (_, i): Asked => {
      const own = i % 2 === 0;
      // What is near by chance is nearer among many.
      const similarity = 0.7 + 0.03 * Math.log10(among) + (own ? 0.08 : 0) + ((i * 7) % 11) / 200;
      const words = own ? 0.5 : 0.2;
      return {
        collection: 'c',
        split: 'development',
        kind: own ? 'own' : 'other',
        among,
        similarity,
        words,
        found: own,
      };
    }),
  );
  const calibration = fitCalibration(asked);
  expect(calibration.similarity).toBeGreaterThan(0);
  expect(calibration.among).toBeLessThan(0);
  const right = asked.filter(
    (one) => (relevanceOf(one, undefined, calibration) ?? NaN) > 0.5 === (one.kind === 'own'),
  );
  expect(right).toHaveLength(asked.length);
});
