import { expect, it } from 'vitest';
import { citationNumber } from './citation-number.js';
import { packContext } from './packing.js';

const item = (id: string, day: number, position?: number) => ({
  id,
  title: null,
  content: `text ${id} ${position ?? ''}`,
  kind: 'note',
  createdAt: new Date(Date.UTC(2026, 0, day)),
  ...(position !== undefined && { part: { position, of: 9 } }),
});

it('each item has the number that stands before it in the block, parts of one text too', () => {
  const ranked = [item('b', 2, 7), item('c', 3), item('b', 2, 1), item('a', 1)];
  const { block } = packContext(ranked, 1_000);
  for (const one of ranked) {
    expect(block.text).toContain(
      `[${citationNumber(block, ranked, one)}] (note, ${one.createdAt.toISOString().slice(0, 10)}${one.part ? `, part ${one.part.position + 1} of 9` : ''})\n${one.content}`,
    );
  }
});
