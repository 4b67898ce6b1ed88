import { describe, expect, it } from 'vitest';
import { FileParser } from '../../libs/context-memory/src/files/parser/file-parser.js';
import type { FileFormat } from '../../libs/context-memory/src/files/file-format.js';
import { docxBomb, docxOf } from '../fixture-files/docx.js';
import { endlessPdf, pdfBomb, pdfOf } from '../fixture-files/pdf.js';

const limits = { characters: 100_000, pages: 50, memoryMb: 512, timeoutMs: 30_000 };

const parse = (format: FileFormat, bytes: Buffer | string, more: Partial<typeof limits> = {}) =>
  new FileParser().parse({ format, charset: null, bytes: Buffer.from(bytes) }, { ...limits, ...more });

/** Why a file cannot be read; of a file that can, nothing. */
const reason = (format: FileFormat, bytes: Buffer | string, more: Partial<typeof limits> = {}) =>
  parse(format, bytes, more).then(
    () => undefined,
    (error: Error) => error.message,
  );

describe('the parser', () => {
  it('reads a PDF page by page, with its title', async () => {
    expect(
      await parse('pdf', pdfOf(['The first page\nhas two lines', '', 'The third'], 'A (small) book')),
    ).toEqual({
      text: 'The first page\nhas two lines\n\f\n\n\f\nThe third',
      format: 'text',
      title: 'A (small) book',
    });
  });

  it('reads a Word document with its headings and tables', async () => {
    const bytes = docxOf([
      { style: 'Heading1', text: 'Doors' },
      { text: 'A door &amp; its parts.' },
      {
        table: [
          ['Part', 'Price'],
          ['Hinge', '3'],
        ],
      },
    ]);
    expect(await parse('docx', bytes)).toEqual({
      text: '# Doors\n\nA door & its parts.\n\n| Part | Price |\n| --- | --- |\n| Hinge | 3 |',
      format: 'markdown',
    });
  });

  it('reads a page by the charset that it names', async () => {
    const html = '<meta charset="windows-1252"><title>Caf\xe9</title><p>cr\xe8me</p>';
    expect(await parse('html', Buffer.from(html, 'latin1'))).toEqual({
      text: 'crème',
      format: 'markdown',
      title: 'Café',
    });
  });

  it.each<[string, FileFormat, () => Buffer | string, RegExp]>([
    ['a PDF that is none', 'pdf', () => 'no pdf at all', /cannot be read as PDF/],
    [
      'a PDF that breaks off',
      'pdf',
      () => pdfOf(['text']).subarray(0, 300),
      /cannot be read as PDF|holds no text/,
    ],
    ['a PDF of pictures', 'pdf', () => pdfOf(['', '']), /holds no text/],
    [
      'a PDF with too many pages',
      'pdf',
      () => pdfOf(Array.from({ length: 51 }, () => 'x')),
      /51 pages; the limit is 50/,
    ],
    ['a PDF that goes in circles', 'pdf', endlessPdf, /1000 pages|cannot be read as PDF/],
    ['a DOCX that is none', 'docx', () => 'PK and nothing more, but long enough', /cannot be read as DOCX/],
    ['a DOCX without a document', 'docx', () => emptyZip, /cannot be read as DOCX/],
    [
      'a DOCX that says it is a bomb',
      'docx',
      () => docxBomb(1, 250 * 1024 * 1024),
      /inflates to 3 entries of 26\d+ bytes/,
    ],
    ['a DOCX that lies about its size', 'docx', () => docxBomb(1, 1_000), /cannot be read as DOCX/],
    ['a text that is a program', 'text', () => 'ELF\0\0', /NUL/],
    ['a page without text', 'html', () => '<script>alert(1)</script>', /holds no text/],
    ['a text over the limit', 'text', () => 'x'.repeat(100_001), /100001 characters; the limit is 100000/],
  ])('says of %s why it cannot be read', async (_what, format, bytes, expected) => {
    expect(await reason(format, bytes())).toMatch(expected);
  });

  it('is ended when a file takes too much memory', async () => {
    expect(await reason('docx', docxBomb(50), { memoryMb: 192 })).toMatch(/more than 192 MB of memory/);
    expect(await reason('pdf', pdfBomb(80), { memoryMb: 192 })).toMatch(/more than 192 MB of memory/);
  });

  it('is ended when a file takes too long', async () => {
    expect(await reason('pdf', pdfBomb(20), { timeoutMs: 50 })).toBe(
      'reading it takes more than 0.05 seconds',
    );
  });

  it('reads a deep page, but not one deeper than any that people make', async () => {
    const page = (depth: number) => `${'<div>'.repeat(depth)}deep${'</div>'.repeat(depth)}`;
    expect((await parse('html', page(5_000))).text).toBe('deep');
    expect(await reason('html', page(500_000))).toBe('its elements nest deeper than 10000 levels');
  });
});

const emptyZip = Buffer.concat([Buffer.from([0x50, 0x4b, 5, 6]), Buffer.alloc(18)]);
