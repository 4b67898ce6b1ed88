import mammoth from 'mammoth';
import { htmlToMarkdown } from './html-text.js';
import { FileUnreadableError, type ParsedText } from './parsed-text.js';
import { inflatedSize } from './zip-size.js';

/** A thousand pages of text are about 10 MB of XML; pictures come on top. */
const maxInflated = 200 * 1024 * 1024;
const maxEntries = 5_000;

/**
 * The text of a Word document with its headings, lists and tables, as Markdown.
 * @throws FileUnreadableError for an archive that says it is larger than any document
 */
export async function textOfDocx(bytes: Uint8Array): Promise<ParsedText> {
  const { entries, size } = inflatedSize(bytes);
  if (entries > maxEntries || size > maxInflated) {
    throw new FileUnreadableError(
      `it inflates to ${entries} entries of ${size} bytes together, over the limit`,
    );
  }
  const { value } = await mammoth.convertToHtml(
    { buffer: Buffer.from(bytes) },
    {
      // A document's own rules of conversion are not asked for; pictures are not read.
      includeEmbeddedStyleMap: false,
      externalFileAccess: false,
      convertImage: mammoth.images.imgElement(() => Promise.resolve({ src: '' })),
    },
  );
  return { text: htmlToMarkdown(value).text, format: 'markdown' };
}
