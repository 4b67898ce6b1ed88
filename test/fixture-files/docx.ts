import { crc32, deflateRawSync } from 'node:zlib';

/** A paragraph with its style, or a table of texts. */
export type Block = { style?: string; text: string } | { table: string[][] };

const word = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
const types = `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`;
const relations = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`;

/** A Word document. */
export const docxOf = (blocks: Block[]): Buffer => docxWith(documentOf(blocks.map(xmlOf).join('')));

/**
 * A document of a few hundred kilobytes that inflates to `megabytes`.
 * @param declared what its directory says it is, in bytes; the truth when absent
 */
export const docxBomb = (megabytes: number, declared?: number): Buffer =>
  docxWith(documentOf(paragraph('boom '.repeat(200)).repeat((megabytes * 1024 * 1024) / 1_100)), declared);

const docxWith = (document: string, declared?: number): Buffer =>
  zip({ '[Content_Types].xml': types, '_rels/.rels': relations, 'word/document.xml': document }, declared);

const documentOf = (body: string): string =>
  `<?xml version="1.0"?><w:document xmlns:w="${word}"><w:body>${body}</w:body></w:document>`;

const paragraph = (text: string, style?: string): string =>
  `<w:p>${style ? `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>` : ''}<w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;

function xmlOf(block: Block): string {
  if ('text' in block) return paragraph(block.text, block.style);
  const rows = block.table.map(
    (cells) => `<w:tr>${cells.map((cell) => `<w:tc>${paragraph(cell)}</w:tc>`).join('')}</w:tr>`,
  );
  return `<w:tbl>${rows.join('')}</w:tbl>`;
}

/** A ZIP archive (APPNOTE.TXT 4.3). */
function zip(files: Record<string, string>, declared?: number): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const data = Buffer.from(text);
    const packed = deflateRawSync(data);
    const size = name === 'word/document.xml' ? (declared ?? data.length) : data.length;
    const common = record(
      [20, 2],
      [0, 2],
      [8, 2],
      [0, 4],
      [crc32(data), 4],
      [packed.length, 4],
      [size, 4],
      [name.length, 2],
    );
    const local = Buffer.concat([record([0x04034b50, 4]), common, record([0, 2]), Buffer.from(name), packed]);
    const place = record([0, 2], [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]);
    entries.push(Buffer.concat([record([0x02014b50, 4], [20, 2]), common, place, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(entries);
  const count = entries.length;
  const end = record(
    [0x06054b50, 4],
    [0, 2],
    [0, 2],
    [count, 2],
    [count, 2],
    [directory.length, 4],
    [offset, 4],
    [0, 2],
  );
  return Buffer.concat([...locals, directory, end]);
}

/** Numbers, little end first, each with its width in bytes. */
function record(...fields: [value: number, width: number][]): Buffer {
  const buffer = Buffer.alloc(fields.reduce((sum, [, width]) => sum + width, 0));
  let at = 0;
  for (const [value, width] of fields) at = buffer.writeUIntLE(value, at, width);
  return buffer;
}
