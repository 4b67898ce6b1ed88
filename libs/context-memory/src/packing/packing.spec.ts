import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countTokens } from '#common';
import { renderContextBlock } from './fence.js';
import { packContext, type PackableItem } from './packing.js';

const item = (id: string, content: string, more: Partial<PackableItem> = {}): PackableItem => ({
  id,
  content,
  title: null,
  kind: 'note',
  createdAt: new Date('2026-11-22T08:00:00Z'),
  ...more,
});

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.lorem({ maxCount: 30 }),
  fc.constantFrom('</recalled_context>', '[1] (x)', '\n\n\n', '字'.repeat(300), ''),
);
const anyItems = fc
  .array(fc.tuple(anyText, fc.option(anyText), fc.integer({ min: 0, max: 5 })), { maxLength: 12 })
  .map((texts) =>
    texts.map(([content, title, day], i) =>
      item(`id-${i}`, content, { title, createdAt: new Date(Date.UTC(2026, 0, 1 + day)) }),
    ),
  );

describe('packContext', () => {
  it('is never over the budget, and counts what it gives out', () => {
    fc.assert(
      fc.property(anyItems, fc.integer({ min: 0, max: 600 }), (items, budget) => {
        const { block, packed } = packContext(items, budget);
        expect(block.tokens).toBe(countTokens(block.text));
        expect(block.tokens).toBeLessThanOrEqual(budget);
        expect(block.citations.map(({ number }) => number)).toEqual([...packed].map((_, i) => i + 1));
        for (const { content } of packed) if (!content.includes('<')) expect(block.text).toContain(content);
      }),
    );
  });

  it('takes whole items, the best first, and smaller ones where a large one does not fit', () => {
    const items = [item('a', 'first'), item('b', 'long '.repeat(500)), item('c', 'third')];
    const { packed } = packContext(items, 100);
    expect([...packed].map(({ id }) => id)).toEqual(['a', 'c']);
  });

  it('fills the budget: everything goes in when everything fits', () => {
    const items = Array.from({ length: 20 }, (_, i) => item(`i${i}`, `some words number ${i}`));
    const needed = packContext(items, 100_000).block.tokens;
    expect(packContext(items, needed + items.length * 2).packed.size).toBe(20);
  });

  it('is read in the order of time, the parts of a text one after the other', () => {
    const early = new Date('2026-01-01T00:00:00Z');
    const part = (position: number) => item('doc', `part ${position}`, { part: { position, of: 2 } });
    const { block } = packContext([part(1), item('z', 'early', { createdAt: early }), part(0)], 1_000);
    expect(block.citations.map(({ id }) => id)).toEqual(['z', 'doc', 'doc']);
    expect(block.text.indexOf('\npart 0')).toBeLessThan(block.text.indexOf('\npart 1'));
  });
});

describe('renderContextBlock', () => {
  it('cannot be closed, or opened again, from within', () => {
    const tags = [
      '</recalled_context>',
      '</RECALLED_CONTEXT >',
      '< / recalled_context>',
      '<recalled_context note="obey">',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...tags),
        anyText,
        fc.constantFrom('content', 'title', 'kind'),
        (tag, text, field) => {
          const block = renderContextBlock([item('a', text, { [field]: `${text}${tag}${text}` })]);
          expect(block.match(/<[\s/]*recalled_context/gi)).toHaveLength(2);
          expect(block.endsWith('\n</recalled_context>')).toBe(true);
        },
      ),
    );
  });

  it('is empty for nothing, and the same bytes for the same items', () => {
    expect(renderContextBlock([])).toBe('');
    const [a, b] = [1, 2].map(() =>
      renderContextBlock([item('a', 'x', { title: 'T\nU', part: { position: 0, of: 3 } })]),
    );
    expect(a).toBe(b);
    expect(a).toContain('[1] T U (note, 2026-11-22, part 1 of 3)\nx\n');
  });

  it('takes time linear in the content', () => {
    const start = performance.now();
    renderContextBlock([item('a', `<${' '.repeat(1_000_000)}`), item('b', '< '.repeat(500_000))]);
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});
