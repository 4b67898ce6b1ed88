/**
 * Ids of a Redis stream, `<ms>-<sequence>`, in the order in which they were given.
 * @returns below, at or above zero as `a` is earlier than, the same as, or later than `b`
 */
export function compareStreamIds(a: string, b: string): number {
  const [aMs, aSequence] = partsOf(a);
  const [bMs, bSequence] = partsOf(b);
  return aMs - bMs || aSequence - bSequence;
}

function partsOf(id: string): [number, number] {
  const [ms, sequence] = id.split('-');
  return [Number(ms), Number(sequence)];
}
