import type { Calibration } from '../../../libs/context-memory/src/recall/relevance.js';
import type { Asked } from './ask.js';

/** More than enough: Newton's method doubles the right digits in each. */
const rounds = 40;
/** Keeps the weights finite where a line parts all that is known from all that is not. */
const ridge = 1e-3;

/**
 * Fits relevance to questions: a logistic regression by Newton's method. Every collection counts the same, and in each what it
 * knows as much as what it does not.
 */
export function fitCalibration(asked: Asked[]): Calibration {
  const groups = Map.groupBy(asked, ({ collection, kind }) => `${collection} ${kind === 'own'}`);
  const rows = [...groups.values()].flatMap((group) =>
    group.map((one) => ({
      x: [1, one.similarity, one.words, Math.log10(one.among)],
      y: one.kind === 'own' ? 1 : 0,
      weight: 1_000 / group.length,
    })),
  );
  let w = [0, 0, 0, 0];
  for (let round = 0; round < rounds; round++) {
    const gradient = w.map((value) => -ridge * value);
    const curvature = w.map((_, i) => w.map((_, j): number => (i === j ? ridge : 0)));
    for (const { x, y, weight } of rows) {
      const p = 1 / (1 + Math.exp(-dot(w, x)));
      for (const [i, a] of x.entries()) {
        gradient[i] = at(gradient, i) + weight * (y - p) * a;
        const row = curvature[i] ?? [];
        for (const [j, b] of x.entries()) row[j] = at(row, j) + weight * p * (1 - p) * a * b;
      }
    }
    const step = solve(curvature, gradient);
    w = w.map((value, i) => value + at(step, i));
  }
  return { constant: at(w, 0), similarity: at(w, 1), words: at(w, 2), among: at(w, 3) };
}

const at = (values: number[], i: number): number => values[i] ?? 0;
const dot = (a: number[], b: number[]): number => a.reduce((sum, value, i) => sum + value * at(b, i), 0);

/** Gauss and Jordan's elimination; the matrix is positive definite, so no pivot is zero. */
function solve(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, i) => [...row, at(right, i)]);
  for (const [i, row] of rows.entries()) {
    const pivot = at(row, i);
    for (const [k, value] of row.entries()) row[k] = value / pivot;
    for (const other of rows) {
      if (other === row) continue;
      const factor = at(other, i);
      for (const [k, value] of row.entries()) other[k] = at(other, k) - factor * value;
    }
  }
  return rows.map((row) => at(row, right.length));
}
