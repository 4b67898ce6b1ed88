import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateTokens } from '#common';
import { partTokens, splitText } from './chunking.js';
import { textFormats } from './text-format.js';

const ink = (text: string) => text.replace(/\s+/g, '');

const anyText = fc
  .array(
    fc.oneof(
      fc.lorem({ maxCount: 40 }),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.constantFrom(
        '\n\n',
        '# Heading\n',
        '## Sub\n',
        '\n\f\n',
        '\nclass A {\n',
        '\n// why\n',
        '```\n',
        '~~~js\n',
        '。',
        '. ',
        '😀',
        '\t',
        '"Quote." ',
      ),
      fc.constantFrom('字', 'a', '😀', ' ', '1a').map((unit) => unit.repeat(900)),
    ),
    { maxLength: 25 },
  )
  .map((parts) => parts.join(''));

describe('splitText', () => {
  it('loses no character, and keeps every part within the limit', () => {
    fc.assert(
      fc.property(
        anyText,
        fc.constantFrom(...textFormats),
        fc.integer({ min: 8, max: 200 }),
        (text, format, limit) => {
          const parts = splitText(text, format, limit);
          expect(ink(parts.map(({ content }) => content).join(''))).toBe(ink(text));
          for (const { content } of parts) {
            expect(estimateTokens(content)).toBeLessThanOrEqual(limit);
            expect(content.trim()).toBe(content);
            expect(content).not.toBe('');
            expect(content.isWellFormed()).toBe(true);
          }
        },
      ),
    );
  });

  it('begins a part at a heading and names the headings above it', () => {
    const section = 'A sentence about nothing much at all. '.repeat(12);
    const parts = splitText(`# Guide\n\n${section}\n\n## Install\n\n${section}`, 'markdown');
    expect(parts.map(({ heading }) => heading)).toEqual(['Guide', 'Guide › Install']);
    expect(parts[1]?.content).toMatch(/^## Install/);
  });

  it('keeps a code fence whole where it fits, blank lines and comments included', () => {
    const code = '```sh\n# not a heading\n\nnpm ci\n\nnpm test\n```';
    const parts = splitText(
      `${'Words before it. '.repeat(40)}\n\n${code}\n\n${'Words after. '.repeat(45)}`,
      'markdown',
    );
    expect(parts.filter(({ content }) => content.includes(code))).toHaveLength(1);
    expect(parts.every(({ heading }) => heading === undefined)).toBe(true);
  });

  it('cuts long prose at the ends of sentences', () => {
    const parts = splitText('The quick brown fox jumps over the lazy dog. '.repeat(100), 'text');
    for (const { content } of parts) expect(content).toMatch(/^The quick.*dog\.$/);
    expect(parts.length).toBeLessThan((100 * 10) / (partTokens * 0.8));
  });

  it('takes time linear in the text, whatever it is made of', () => {
    for (const unit of ['a', '字', ' .', '.', '"', '\n', '# h\n', '```\n', '. "', '\ud83d\ude00']) {
      const start = performance.now();
      splitText(unit.repeat(500_000 / unit.length), 'markdown');
      // Linear takes well under a second; a quadratic step would take minutes.
      expect(performance.now() - start).toBeLessThan(10_000);
    }
  });
});
