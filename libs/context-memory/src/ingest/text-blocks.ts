/** A paragraph, a heading or a code fence, with the white space after it. Joined, a text's blocks are the text. */
export interface Block {
  text: string;
  /** The Markdown headings above it, outermost first. */
  heading?: string | undefined;
  /** On which it begins, from 1; undefined for a text without form feeds. */
  page?: number | undefined;
  startsSection: boolean;
}

const headingLine = /^(#{1,6})[ \t]+(.+)$/;
const fenceLine = /^ {0,3}(`{3,}|~{3,})/;
/** Longest heading path kept beside a part. */
const maxHeading = 200;

/**
 * Cuts a text into its blocks, line by line. Plain text has paragraphs only; a `#` there is no heading. A form feed on a line of
 * its own ends a page.
 */
export function* blocksOf(text: string, format: 'text' | 'markdown'): Generator<Block> {
  let page = text.includes('\f') ? 1 : undefined;
  const markdown = format === 'markdown';
  const path: string[] = [];
  let lines = '';
  let fence: string | undefined;
  let afterBlank = false;
  let startsSection = false;
  // A heading alone is no block: it stays with the text below it.
  let hasText = false;

  const take = (): Block => {
    const block = { text: lines, heading: pathText(path), page, startsSection };
    if (page !== undefined) page += lines.split('\f').length - 1;
    lines = '';
    startsSection = hasText = false;
    return block;
  };

  for (const [line] of text.matchAll(/[^\n]*\n|[^\n]+$/g)) {
    const blank = line.trim() === '';
    const heading = markdown && fence === undefined ? headingLine.exec(line.trimEnd()) : null;
    if (fence === undefined && hasText && (heading || (afterBlank && !blank))) yield take();
    if (heading) {
      enter(path, heading[1]?.length ?? 1, heading[2] ?? '');
      startsSection = true;
    }
    if (markdown) fence = fenceAfter(line, fence);
    lines += line;
    hasText ||= !blank && !heading;
    afterBlank = blank && fence === undefined;
  }
  if (lines !== '') yield take();
}

/** The fence that is open after this line, if one is: closed only by a fence as long, of the same sign. */
function fenceAfter(line: string, open: string | undefined): string | undefined {
  const sign = fenceLine.exec(line)?.[1];
  if (open === undefined) return sign;
  return sign?.startsWith(open) && line.trim() === sign ? undefined : open;
}

function enter(path: string[], level: number, title: string): void {
  path.length = Math.min(path.length, level - 1);
  // Cut first: on a line of nothing but spaces the pattern takes quadratic time.
  path[level - 1] = title
    .slice(0, maxHeading)
    .replace(/[ \t]+#+[ \t]*$/, '')
    .trim();
}

/** Levels that were skipped leave holes; `filter` drops them. */
function pathText(path: string[]): string | undefined {
  const text = path.filter((title) => title !== '').join(' › ');
  return text === '' ? undefined : text.slice(0, maxHeading).toWellFormed();
}
