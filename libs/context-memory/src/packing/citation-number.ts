import type { ContextBlock } from './packing.js';

interface Cited {
  id: string;
  part?: { position: number };
}

/**
 * The number of an item in the block: 2 for `[2]`. Parts of one text have one id; in the block they stand in their order.
 * @param packed all that is in the block
 */
export function citationNumber(block: ContextBlock, packed: readonly Cited[], item: Cited): number {
  const numbers = block.citations.filter(({ id }) => id === item.id).map(({ number }) => number);
  const before = packed.filter(({ id, part }) => id === item.id && positionOf(part) < positionOf(item.part));
  return numbers[before.length] ?? 0;
}

const positionOf = (part: Cited['part']): number => part?.position ?? 0;
