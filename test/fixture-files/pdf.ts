import { deflateSync } from 'node:zlib';

/** An object of a PDF: its dictionary, and the stream behind it. */
interface PdfObject {
  dictionary: string;
  stream?: Buffer;
}

/** A PDF of one page for each text; a text is lines. */
export const pdfOf = (pages: string[], title?: string): Buffer =>
  pdfWith(
    pages.map((text) => ({ dictionary: '', stream: Buffer.from(drawing(text)) })),
    title,
  );

/** A PDF of a few kilobytes whose one page inflates to `megabytes`. */
export function pdfBomb(megabytes: number): Buffer {
  const line = drawing('boom ');
  const stream = deflateSync(Buffer.from(line.repeat(Math.ceil((megabytes * 1024 * 1024) / line.length))), {
    level: 9,
  });
  return pdfWith([{ dictionary: '/Filter /FlateDecode', stream }]);
}

/** A PDF whose tree of pages has itself for a branch, and says that it has a million leaves. */
export const endlessPdf = (): Buffer =>
  assemble([
    { dictionary: '/Type /Catalog /Pages 2 0 R' },
    { dictionary: `/Type /Pages /Kids [${'2 0 R '.repeat(50)}] /Count 1000` },
  ]);

const drawing = (text: string): string => {
  const lines = text.split('\n').map((line) => `(${line.replace(/[\\()]/g, String.raw`\$&`)}) Tj T*`);
  return `BT /F1 12 Tf 14 TL 72 720 Td ${lines.join(' ')} ET\n`;
};

function pdfWith(contents: PdfObject[], title?: string): Buffer {
  const kids = contents.map((_, i) => `${5 + 2 * i} 0 R`).join(' ');
  return assemble([
    { dictionary: '/Type /Catalog /Pages 2 0 R' },
    { dictionary: `/Type /Pages /Kids [${kids}] /Count ${contents.length}` },
    { dictionary: '/Type /Font /Subtype /Type1 /BaseFont /Helvetica' },
    { dictionary: title === undefined ? '/Producer (a test)' : `/Title (${title})` },
    ...contents.flatMap((content, i) => [
      {
        dictionary: `/Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents ${6 + 2 * i} 0 R`,
      },
      content,
    ]),
  ]);
}

function assemble(objects: PdfObject[]): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.4\n')];
  let length = parts[0]?.length ?? 0;
  const offsets: number[] = [];
  const add = (part: Buffer) => {
    parts.push(part);
    length += part.length;
  };
  for (const [i, { dictionary, stream }] of objects.entries()) {
    offsets.push(length);
    const size = stream ? ` /Length ${stream.length}` : '';
    add(Buffer.from(`${i + 1} 0 obj\n<< ${dictionary}${size} >>\n`));
    if (stream) add(Buffer.concat([Buffer.from('stream\n'), stream, Buffer.from('\nendstream\n')]));
    add(Buffer.from('endobj\n'));
  }
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const info = objects.length > 3 ? ' /Info 4 0 R' : '';
  parts.push(
    Buffer.from(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R${info} >>\nstartxref\n${length}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}
