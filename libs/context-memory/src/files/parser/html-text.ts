import { Parser } from 'htmlparser2';
import { isHidden } from './hidden-elements.js';
import { FileUnreadableError } from './parsed-text.js';
import { MarkdownWriter } from './markdown-writer.js';

/** The parser's time grows with the square of the depth: this deep is a second or two. No page that people read is. */
const maxDepth = 10_000;

const blocks = new Set(
  (
    'address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form header ' +
    'hgroup legend main nav p section summary'
  ).split(' '),
);

/**
 * The text of a page as Markdown: headings, lists, tables and code keep their form; scripts, styles and what is hidden goes. One
 * pass over a stream of tags, no tree is built.
 * @throws FileUnreadableError for elements that nest deeper than 10,000 levels
 */
export function htmlToMarkdown(html: string): { text: string; title?: string } {
  const reader = new PageReader();
  const parser = new Parser(
    {
      onopentag: (name, attributes) => reader.open(name, attributes),
      ontext: (text) => reader.say(text),
      onclosetag: (name) => reader.close(name),
    },
    { decodeEntities: true },
  );
  parser.write(html);
  parser.end();
  return reader.finish();
}

class PageReader {
  private readonly writer = new MarkdownWriter();
  private depth = 0;
  /** Depth of the outermost element that is hidden. */
  private hiddenAt: number | undefined;
  private title: string | undefined;
  private inTitle = false;
  /** Tables inside of cells: their rows and cells are words of the outer cell. */
  private innerTables = 0;

  open(name: string, attributes: Record<string, string>): void {
    this.depth += 1;
    if (this.depth > maxDepth) {
      throw new FileUnreadableError(`its elements nest deeper than ${maxDepth} levels`);
    }
    if (this.hiddenAt !== undefined) return;
    if (isHidden(name, attributes)) this.hiddenAt = this.depth;
    else this.begin(name, attributes);
  }

  say(text: string): void {
    if (this.hiddenAt !== undefined) return;
    if (this.inTitle) this.title = (this.title ?? '') + text;
    else this.writer.say(text);
  }

  close(name: string): void {
    const wasHidden = this.hiddenAt !== undefined;
    if (this.hiddenAt === this.depth) this.hiddenAt = undefined;
    this.depth -= 1;
    if (!wasHidden) this.end(name);
  }

  finish(): { text: string; title?: string } {
    const title = this.title?.replace(/\s+/g, ' ').trim();
    return { text: this.writer.finish(), ...(title && { title }) };
  }

  private begin(name: string, attributes: Record<string, string>): void {
    const { writer } = this;
    const heading = headingLevel(name);
    if (heading !== undefined) writer.beginHeading(heading);
    else if (blocks.has(name)) writer.endBlock();
    else if (name === 'ul' || name === 'ol') writer.beginList(name === 'ol');
    else if (name === 'li') writer.beginItem();
    else if (name === 'br' || name === 'hr') writer.breakLine();
    else if (name === 'pre') writer.beginCode(languageOf(attributes));
    else if (name === 'code' && writer.inCode) writer.nameLanguage(languageOf(attributes));
    else if (name === 'code') writer.say('`');
    else if (name === 'img') writer.say(attributes['alt'] ?? '');
    else if (name === 'title') this.inTitle = this.title === undefined;
    else this.beginOfTable(name);
  }

  private beginOfTable(name: string): void {
    const { writer } = this;
    if (name === 'table' && writer.inCell) this.innerTables += 1;
    else if (this.innerTables > 0) writer.say(' ');
    else if (name === 'table') writer.beginTable();
    else if (name === 'tr') writer.beginRow();
    else if (name === 'td' || name === 'th') writer.beginCell();
  }

  private end(name: string): void {
    const { writer } = this;
    if (headingLevel(name) !== undefined) writer.endHeading();
    else if (blocks.has(name) || name === 'li') writer.endBlock();
    else if (name === 'ul' || name === 'ol') writer.endList();
    else if (name === 'pre') writer.endCode();
    else if (name === 'code' && !writer.inCode) writer.say('`');
    else if (name === 'title') this.inTitle = false;
    else this.endOfTable(name);
  }

  private endOfTable(name: string): void {
    const { writer } = this;
    if (name === 'table' && this.innerTables > 0) this.innerTables -= 1;
    else if (this.innerTables > 0) return;
    else if (name === 'table') writer.endTable();
    else if (name === 'tr') writer.endRow();
    else if (name === 'td' || name === 'th') writer.endCell();
  }
}

const headingLevel = (name: string): number | undefined =>
  /^h[1-6]$/.test(name) ? Number(name.slice(1)) : undefined;

const languageOf = ({ class: names = '' }: Record<string, string>): string =>
  /(?:^|\s)lang(?:uage)?-([\w+#-]{1,20})/.exec(names)?.[1] ?? '';
