import pgvector from 'pgvector';

/**
 * A vector as pgvector reads it.
 * @throws Error when it is not of these dimensions or holds a number that is none: it must not reach the table.
 */
export function vectorLiteral(vector: ArrayLike<number>, dimensions: number): string {
  const numbers = Array.from(vector);
  const text = pgvector.toSql(numbers);
  if (text === null || numbers.length !== dimensions || !numbers.every(Number.isFinite)) {
    throw new Error(`Expected a vector of ${dimensions} finite numbers, got ${numbers.length}`);
  }
  return text;
}
