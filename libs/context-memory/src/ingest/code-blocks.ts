import type { Block } from './text-blocks.js';

/** A line that defines something, in the languages that most code is written in. Bounded in what it may try again. */
const definition =
  /^(?:(?:export|default|declare|public|private|protected|internal|static|abstract|final|sealed|async|pub|unsafe|inline|extern|open|override|data)(?:\([a-z]{1,10}\))? {1,4}){0,6}(?:class|interface|enum|struct|trait|impl|type|record|object|module|namespace|package|protocol|extension|function|func|fun|fn|def|sub|proc|macro_rules!|const|let|var|CREATE|create)\b/;

/** Stands above a definition and belongs to it: comments, decorators, attributes. */
const leadIn = /^\s*(?:@|#|\/\/|\/\*|\*|--|;;|"{3}|'{3})/;
const closing = /^(?:[}\])]|end\b)/;
/** Longest definition kept beside a part. */
const maxHeading = 200;

/**
 * Cuts code into its blocks: at blank lines, and before each definition at the margin together with the comments above it. Where
 * it can be told, a block inside of a definition has that line as its heading. Joined, the blocks are the code.
 */
export function* codeBlocksOf(code: string): Generator<Block> {
  let lines = '';
  let hasCode = false;
  let afterBlank = false;
  let afterLeadIn = false;
  let startsSection = false;
  let heading: string | undefined;
  let around: string | undefined;

  for (const [line] of code.matchAll(/[^\n]*\n|[^\n]+$/g)) {
    const blank = line.trim() === '';
    const atMargin = /^\S/.test(line) && !closing.test(line);
    const defines = atMargin && definition.test(line);
    const begins = atMargin && (defines || leadIn.test(line));
    if (hasCode && !blank && (afterBlank || (begins && !afterLeadIn))) {
      yield { text: lines, heading, startsSection };
      lines = '';
      hasCode = startsSection = false;
    }
    if (!blank && !hasCode) {
      startsSection = atMargin;
      heading = atMargin ? undefined : around;
    }
    if (atMargin) around = defines ? line.trim().slice(0, maxHeading).toWellFormed() : undefined;
    lines += line;
    hasCode ||= !blank;
    afterBlank = blank;
    if (!blank) afterLeadIn = leadIn.test(line);
  }
  if (lines !== '') yield { text: lines, heading, startsSection };
}
