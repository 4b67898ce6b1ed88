import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { htmlToMarkdown } from './html-text.js';

const text = (html: string) => htmlToMarkdown(html).text;

describe('htmlToMarkdown', () => {
  it('keeps headings, paragraphs, lists, tables and code, and the title apart', () => {
    const page = `<!doctype html><html><head><title> The
      <b>door</b> </title><style>p{}</style></head><body>
      <h1>Doors</h1><p>A door   is <b>opened</b> &amp; closed.<br>Twice.</p>
      <h2>Parts</h2><ul><li>Hinge</li><li><p>Lock</p><ol><li>Bolt<li>Key</ol></li></ul>
      <p>After.</p>
      <table><tr><th>Part<th>Price</tr><tr><td>Hinge<td>3 | 4</tr></table>
      <pre><code class="language-ts">if (open) {
  close();
}
</code></pre><p>Say <code>close()</code>.</p></body></html>`;
    expect(htmlToMarkdown(page)).toEqual({
      title: 'The <b>door</b>',
      text: [
        '# Doors',
        '',
        'A door is opened & closed.',
        'Twice.',
        '',
        '## Parts',
        '',
        '- Hinge',
        '- Lock',
        '  1. Bolt',
        '  2. Key',
        '',
        'After.',
        '',
        '| Part | Price |',
        '| --- | --- |',
        String.raw`| Hinge | 3 \| 4 |`,
        '',
        '```ts',
        'if (open) {',
        '  close();',
        '}',
        '```',
        '',
        'Say `close()`.',
      ].join('\n'),
    });
  });

  it.each([
    '<script>x</script>',
    '<style>x</style>',
    '<template><p>x</p></template>',
    '<div hidden>x <p>x</p></div>',
    '<p aria-hidden="true">x</p>',
    '<div style="color:red; DISPLAY : none"><b>x</b></div>',
    '<svg><text>x</text></svg>',
    '<!-- x -->',
    '<select><option>x</select>',
  ])('drops %s', (hidden) => {
    expect(text(`<p>before</p>${hidden}<p>after</p>`)).toBe('before\n\nafter');
  });

  it('takes a table in a table for words of its cell', () => {
    expect(
      text('<table><tr><td>a<table><tr><td>b</td><td>c</td></tr></table></td><td>d</td></tr></table>'),
    ).toBe('| a b c | d |\n| --- | --- |');
  });

  const tags = fc.constantFrom(
    'div',
    'p',
    'ul',
    'ol',
    'li',
    'table',
    'tr',
    'td',
    'pre',
    'code',
    'h1',
    'title',
    'b',
  );
  const pieces = fc.oneof(
    tags.map((tag) => `<${tag}>`),
    tags.map((tag) => `</${tag}>`),
    fc.constantFrom('word', ' ', '\n', '&lt;', '<br>', '<img alt=pic>'),
  );

  it('loses no word of a page that is broken in whatever way', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const page = htmlToMarkdown(parts.join(''));
        const said = `${page.title ?? ''} ${page.text}`.split('word').length;
        expect(said).toBe(parts.join('').split('word').length);
      }),
      { numRuns: 1_000 },
    );
  });
});
