import pgvector from 'pgvector';

/** The largest number that the index, which holds halves (IEEE 754 binary16), takes. Vectors are of length 1 or near it. */
const largest = 65_504;

/**
 * A vector as pgvector reads it.
 * @throws Error when it is not of these dimensions or holds what is no number or too large: it must not reach the table.
 */
export function vectorLiteral(vector: ArrayLike<number>, dimensions: number): string {
  const numbers = Array.from(vector);
  const text = pgvector.toSql(numbers);
  if (
    text === null ||
    numbers.length !== dimensions ||
    !numbers.every((number) => Math.abs(number) <= largest)
  ) {
    throw new Error(`Expected a vector of ${dimensions} finite numbers, got ${numbers.length}`);
  }
  return text;
}
