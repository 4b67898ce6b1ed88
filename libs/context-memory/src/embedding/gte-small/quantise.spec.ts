import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantiseColumns, quantiseRows } from './quantise.js';

/** Zero or of a size that a float32 scale can hold. */
const weight = fc
  .double({ min: -4, max: 4, noNaN: true })
  .map((value) => (Math.abs(value) < 1e-30 ? 0 : value));

const matrices = fc
  .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }))
  .chain(([rows, columns]) =>
    fc.record({
      columns: fc.constant(columns),
      matrix: fc
        .array(weight, {
          minLength: rows * columns,
          maxLength: rows * columns,
        })
        .map((values) => Float32Array.from(values)),
    }),
  );

describe('quantise', () => {
  it.each([
    ['columns', quantiseColumns, 64, (i: number, columns: number) => i % columns],
    ['rows', quantiseRows, 127, (i: number, columns: number) => Math.floor(i / columns)],
  ] as const)(
    'is off by half a step at most, by %s, and within its range',
    (_name, quantise, range, groupOf) => {
      fc.assert(
        fc.property(matrices, ({ matrix, columns }) => {
          const { values, scales } = quantise(matrix, columns);
          for (const [i, value] of matrix.entries()) {
            const scale = scales[groupOf(i, columns)] ?? Number.NaN;
            expect(Math.abs((values[i] ?? Number.NaN) * scale - value)).toBeLessThanOrEqual(scale * 0.5001);
            expect(Math.abs(values[i] ?? Number.NaN)).toBeLessThanOrEqual(range);
          }
        }),
      );
    },
  );

  it('keeps an all-zero column zero with a scale that can be divided by', () => {
    const { values, scales } = quantiseColumns(Float32Array.of(0, 1, 0, -2), 2);
    expect([...scales]).toEqual([1, 2 / 64]);
    expect([...values]).toEqual([0, 32, 0, -64]);
  });
});
