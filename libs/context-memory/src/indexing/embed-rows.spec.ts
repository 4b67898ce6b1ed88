import { describe, expect, it } from 'vitest';
import { EmbeddingUnavailableError } from '../context-memory.errors.js';
import type { Embedder } from '../embedding/embedder.port.js';
import { embedRows } from './embed-rows.js';

/** Gives vectors of one number; what is said of `answer` decides over each call. */
function embedderThat(answer: (texts: string[]) => number[][]): Embedder {
  return {
    space: { provider: 'test', model: 'm', dimensions: 1 },
    embed: async (texts) => answer(texts).map((numbers) => Float32Array.from(numbers)),
    start: async () => undefined,
    close: async () => undefined,
  };
}

const rows = ['a', 'bb', 'ccc'].map((text) => ({ text }));

describe('embedRows', () => {
  it('gives each row its own vector', async () => {
    const embedder = embedderThat((texts) => texts.map(({ length }) => [length]));
    const { done, failed } = await embedRows(embedder, rows, 'fill');
    expect(done.map(({ row, vector }) => [row.text, vector])).toEqual([
      ['a', '[1]'],
      ['bb', '[2]'],
      ['ccc', '[3]'],
    ]);
    expect(failed).toEqual([]);
  });

  it('fails a row whose text or vector is bad, and embeds those beside it', async () => {
    const embedder = embedderThat((texts) => {
      if (texts.includes('bb')) throw new EmbeddingUnavailableError('unreadable');
      return texts.map((text) => (text === 'ccc' ? [70_000] : [1]));
    });
    const { done, failed } = await embedRows(embedder, rows, 'fill');
    expect(done.map(({ row }) => row.text)).toEqual(['a']);
    expect(failed.map(({ row, error }) => [row.text, error])).toEqual([
      ['bb', 'unreadable'],
      ['ccc', expect.stringContaining('numbers')],
    ]);
  });

  it.each([
    ['answers nothing', () => []],
    ['answers in other dimensions', (texts: string[]) => texts.map(() => [1, 2])],
  ])('blames no row when the embedder %s', async (_name, answer) => {
    await expect(embedRows(embedderThat(answer), rows, 'fill')).rejects.toThrow(EmbeddingUnavailableError);
  });
});
