import { expect, it } from 'vitest';
import { countTokens } from '#common';
import { renderContextBlock } from '#context-memory';
import { joinBlocks } from './chat-block.js';

const block = (content: string) => {
  const text = renderContextBlock([{ title: null, content, kind: 'note', createdAt: new Date(0) }]);
  return { text, tokens: countTokens(text) };
};

it('keeps their order, leaves out what is empty, and counts no less than there is', () => {
  const [a, b] = [block('first'), block('second')];
  const joined = joinBlocks([a, undefined, { text: '', tokens: 0 }, b]);
  expect(joined.text).toBe(`${a.text}\n${b.text}`);
  expect(joined.tokens - countTokens(joined.text)).toBeGreaterThanOrEqual(0);
  expect(joined.tokens - countTokens(joined.text)).toBeLessThanOrEqual(2);
  expect(joinBlocks([a])).toEqual(a);
  expect(joinBlocks([undefined])).toEqual({ text: '', tokens: 0 });
});
