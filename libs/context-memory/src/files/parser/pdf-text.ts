import { getDocumentProxy } from 'unpdf';
import { FileUnreadableError, type ParsedText, type ParseLimits } from './parsed-text.js';

type Document = Awaited<ReturnType<typeof getDocumentProxy>>;

/**
 * The text of a PDF, page by page, in the order in which it was written into the file. What is only a picture of text is not read.
 * @throws FileUnreadableError for more pages or characters than allowed, and for one that needs a password
 */
export async function textOfPdf(
  bytes: Uint8Array,
  { pages: maxPages, characters }: Pick<ParseLimits, 'pages' | 'characters'>,
): Promise<ParsedText> {
  const document = await open(bytes);
  const count = document.numPages;
  if (count > maxPages) {
    throw new FileUnreadableError(`it has ${count} pages; the limit is ${maxPages}`);
  }
  const pages: string[] = [];
  let length = 0;
  for (let number = 1; number <= count; number++) {
    const page = await textOfPage(document, number);
    length += page.length;
    if (length > characters) {
      throw new FileUnreadableError(`its text has more than ${characters} characters, the limit`);
    }
    pages.push(page);
  }
  if (length === 0) {
    throw new FileUnreadableError('it holds no text: pages that are only pictures must be recognised first');
  }
  // Not trimmed: an empty first page is a page.
  return { text: pages.join('\n\f\n'), format: 'text', title: await titleOf(document) };
}

async function open(bytes: Uint8Array): Promise<Document> {
  try {
    // pdf.js takes the bytes away from whoever had them, and refuses Node's own kind.
    return await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0 });
  } catch (error) {
    if (error instanceof Error && error.name === 'PasswordException') {
      throw new FileUnreadableError('it is protected by a password');
    }
    throw error;
  }
}

async function textOfPage(document: Document, number: number): Promise<string> {
  const page = await document.getPage(number);
  const { items } = await page.getTextContent();
  const text = items.map((item) => ('str' in item ? item.str + (item.hasEOL ? '\n' : '') : '')).join('');
  page.cleanup();
  return text.replaceAll('\f', '\n').trim();
}

/** What programs put there by themselves says nothing. */
async function titleOf(document: Document): Promise<string | undefined> {
  const { info } = await document.getMetadata();
  const title: unknown = 'Title' in info ? info.Title : undefined;
  if (typeof title !== 'string') return undefined;
  const said = title.trim();
  return said === '' || /^untitled|^Microsoft Word - /i.test(said) ? undefined : said;
}
