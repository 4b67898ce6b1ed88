import { decodeText } from './decode-text.js';
import { textOfDocx } from './docx-text.js';
import { htmlToMarkdown } from './html-text.js';
import type { ParseRequest } from './parse-file.protocol.js';
import { FileUnreadableError, type ParsedText } from './parsed-text.js';
import { textOfPdf } from './pdf-text.js';

/** The text of a file. @throws FileUnreadableError; whatever else is thrown means that the file is broken */
export async function textOfFile(request: ParseRequest): Promise<ParsedText> {
  const parsed = await read(request);
  if (parsed.text.trim() === '') throw new FileUnreadableError('it holds no text');
  const { characters } = request.limits;
  if (parsed.text.length > characters) {
    throw new FileUnreadableError(
      `its text has ${parsed.text.length} characters; the limit is ${characters}`,
    );
  }
  return parsed;
}

async function read({ format, charset, bytes, limits }: ParseRequest): Promise<ParsedText> {
  if (format === 'pdf') return textOfPdf(bytes, limits);
  if (format === 'docx') return textOfDocx(bytes);
  if (format === 'html') return { ...htmlToMarkdown(decodeText(bytes, charset, true)), format: 'markdown' };
  return { text: decodeText(bytes, charset, false), format };
}
