const maxIndent = 6;
/** Longest fence that a text in it can have run against. */
const fence = '```';
const longFence = '~~~~';

/** Builds Markdown from what a page says, piece by piece: blocks with their marks, lists, tables, fences. */
export class MarkdownWriter {
  private text = '';
  /** What is said since the last block ended. */
  private inline = '';
  private prefix = '';
  private lastWasTight = false;
  private readonly lists: { ordered: boolean; items: number }[] = [];
  /** Inside of `pre`: white space counts. */
  private code: { text: string; language: string } | undefined;
  private rows = 0;
  private row: string[] | undefined;
  private cell: string | undefined;

  get inCode(): boolean {
    return this.code !== undefined;
  }

  get inCell(): boolean {
    return this.cell !== undefined;
  }

  say(text: string): void {
    if (this.code) this.code.text += text;
    else if (this.cell !== undefined) this.cell += text.replace(/\s+/g, ' ');
    else this.inline += text.replace(/\s+/g, ' ');
  }

  breakLine(): void {
    if (this.code) this.code.text += '\n';
    else if (this.cell !== undefined) this.cell += ' ';
    else this.inline += '\n';
  }

  /** Ends what was being said; what follows is another paragraph. In a cell all is one line. */
  endBlock(): void {
    if (this.code) return;
    if (this.cell !== undefined) {
      this.cell += ' ';
      return;
    }
    const lines = this.inline
      .split('\n')
      .map((line) => line.replace(/ {2,}/g, ' ').trim())
      .filter((line) => line !== '');
    this.inline = '';
    if (lines.length === 0) return;
    this.put(this.prefix + lines.join('\n'), this.lists.length > 0);
    this.prefix = this.lists.length > 0 ? this.indent(this.lists.length) : '';
  }

  beginHeading(level: number): void {
    this.endBlock();
    if (this.cell === undefined) this.prefix = `${'#'.repeat(level)} `;
  }

  endHeading(): void {
    this.endBlock();
    if (this.cell === undefined) this.prefix = '';
  }

  beginList(ordered: boolean): void {
    this.endBlock();
    if (this.cell === undefined) this.lists.push({ ordered, items: 0 });
  }

  endList(): void {
    this.endBlock();
    if (this.cell !== undefined) return;
    this.lists.pop();
    this.prefix = '';
    if (this.lists.length === 0) this.lastWasTight = false;
  }

  beginItem(): void {
    this.endBlock();
    const list = this.lists.at(-1);
    if (this.cell !== undefined || !list) return;
    list.items += 1;
    this.prefix = this.indent(this.lists.length - 1) + (list.ordered ? `${list.items}. ` : '- ');
  }

  beginCode(language: string): void {
    this.endCode();
    this.endBlock();
    if (this.cell === undefined) this.code = { text: '', language };
  }

  /** Code in a `pre` often says its language itself. */
  nameLanguage(language: string): void {
    if (this.code?.language === '') this.code.language = language;
  }

  endCode(): void {
    const { text = '', language = '' } = this.code ?? {};
    this.code = undefined;
    if (text.trim() === '') return;
    const sign = text.includes(fence) ? longFence : fence;
    this.put(`${sign}${language}\n${text.replace(/^\n|\s+$/g, '')}\n${sign}`, false);
  }

  beginTable(): void {
    this.endBlock();
    if (this.cell === undefined) this.rows = 0;
  }

  beginRow(): void {
    this.endRow();
    if (this.cell === undefined) this.row = [];
  }

  beginCell(): void {
    this.endCell();
    this.row ??= [];
    this.cell = '';
  }

  endCell(): void {
    if (this.cell === undefined) return;
    this.row?.push(
      this.cell
        .replace(/ {2,}/g, ' ')
        .trim()
        .replaceAll('|', String.raw`\|`),
    );
    this.cell = undefined;
  }

  endRow(): void {
    this.endCell();
    const { row } = this;
    this.row = undefined;
    if (!row?.some((cell) => cell !== '')) return;
    const underline = this.rows === 0 ? `\n|${' --- |'.repeat(row.length)}` : '';
    this.put(`| ${row.join(' | ')} |${underline}`, this.rows > 0);
    this.rows += 1;
    this.lastWasTight = true;
  }

  endTable(): void {
    this.endRow();
    this.rows = 0;
    this.lastWasTight = false;
  }

  finish(): string {
    this.endRow();
    this.endCode();
    this.endBlock();
    return this.text;
  }

  /** @param tight whether it stands on the line after the block before it, if that is tight, too */
  private put(block: string, tight: boolean): void {
    if (this.text !== '') this.text += tight && this.lastWasTight ? '\n' : '\n\n';
    this.text += block;
    this.lastWasTight = tight;
  }

  private indent(levels: number): string {
    return '  '.repeat(Math.min(levels, maxIndent));
  }
}
