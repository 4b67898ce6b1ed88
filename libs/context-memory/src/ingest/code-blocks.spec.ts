import { describe, expect, it } from 'vitest';
import { codeBlocksOf } from './code-blocks.js';

const blocks = (code: string) => [...codeBlocksOf(code)];

const typescript = `import { a } from './a.js';

/** Says hello. */
export function hello(): void {
  greet();

  leave();
}
export class Door {
  open() {}

  close() {}
}
`;

describe('codeBlocksOf', () => {
  it('cuts before definitions, with the comments above them, and at blank lines', () => {
    expect(blocks(typescript).map(({ text }) => text.trim().split('\n')[0])).toEqual([
      "import { a } from './a.js';",
      '/** Says hello. */',
      'leave();',
      'export class Door {',
      'close() {}',
    ]);
    expect(
      blocks(typescript)
        .map(({ text }) => text)
        .join(''),
    ).toBe(typescript);
  });

  it('says what a block is inside of', () => {
    expect(blocks(typescript).map(({ heading }) => heading)).toEqual([
      undefined,
      undefined,
      'export function hello(): void {',
      undefined,
      'export class Door {',
    ]);
  });

  it('keeps a decorator with its definition where nothing blank is between two of them', () => {
    const python = 'def one():\n    pass\n@cached\ndef two():\n    pass\n';
    expect(blocks(python).map(({ text }) => text)).toEqual([
      'def one():\n    pass\n',
      '@cached\ndef two():\n    pass\n',
    ]);
  });

  it('is linear in lines that look like the beginning of a definition', () => {
    const start = performance.now();
    blocks(`${'export '.repeat(150_000)}\n`);
    blocks('export\n'.repeat(150_000));
    expect(performance.now() - start).toBeLessThan(3_000);
  });
});
