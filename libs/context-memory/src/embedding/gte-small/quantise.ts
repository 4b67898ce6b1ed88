/** Small integers and the factors that bring them back: `value ≈ quantised × scale`. */
interface Quantised {
  values: Int8Array;
  /** One for each row or column; never zero. */
  scales: Float32Array;
}

/**
 * Largest integer of a weight matrix. Seven bits, not eight: where the CPU has no VNNI, two products of an unsigned
 * activation and a weight are summed in 16 bits, and 2 × 255 × 64 is the most that fits. So every machine computes the
 * same vectors. Source: https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html ("reduce_range").
 */
const weightRange = 64;

/** Table rows are looked up and multiplied in float32: nothing can overflow, all eight bits are used. */
const tableRange = 127;

/** Symmetric, one scale for each column of a row-major `[rows, columns]` matrix. Each value is off by half a scale at most. */
export function quantiseColumns(matrix: Float32Array, columns: number): Quantised {
  return quantise(matrix, { groups: columns, width: 1, range: weightRange });
}

/** Symmetric, one scale for each row of `columns` numbers. */
export function quantiseRows(matrix: Float32Array, columns: number): Quantised {
  return quantise(matrix, { groups: matrix.length / columns, width: columns, range: tableRange });
}

/** Number `i` belongs to group `floor(i / width) mod groups`. Plain loops: this runs over 33 million numbers. */
function quantise(matrix: Float32Array, by: { groups: number; width: number; range: number }): Quantised {
  const { groups, width, range } = by;
  const scales = new Float32Array(groups);
  for (let i = 0; i < matrix.length; i += 1) {
    const group = Math.floor(i / width) % groups;
    scales[group] = Math.max(scales[group] ?? 0, Math.abs(matrix[i] ?? 0));
  }
  for (let group = 0; group < groups; group += 1)
    scales[group] = Math.fround((scales[group] ?? 0) / range) || 1;

  const values = new Int8Array(matrix.length);
  for (let i = 0; i < matrix.length; i += 1) {
    const steps = Math.round((matrix[i] ?? 0) / (scales[Math.floor(i / width) % groups] ?? 1));
    values[i] = Math.max(-range, Math.min(range, steps));
  }
  return { values, scales };
}
