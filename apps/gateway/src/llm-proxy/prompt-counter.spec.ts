import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countTokens, longestCountedText } from '#common';
import { PromptCounter } from './prompt-counter.js';

const prompt = (...texts: string[]) => ({
  instructions: '',
  messages: texts.map((content) => ({ role: 'user', content })),
});
const exactly = (texts: string[]) => texts.reduce((sum, text) => sum + 4 + countTokens(text), 3);
const text = fc.string({ unit: 'grapheme', maxLength: 200 });

describe('PromptCounter', () => {
  it('counts each text as the tokenizer does, whether it has met it or not', () => {
    const counter = new PromptCounter();
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (texts) => {
        const expected = { tokens: exactly(texts), isCounted: true };
        expect(counter.count('a', prompt(...texts))).toEqual(expected);
        expect(counter.count('a', prompt(...texts))).toEqual(expected);
        expect(counter.count('b', prompt(...texts))).toEqual(expected);
      }),
    );
  });

  it('estimates what is too much to count, and is exact again as a conversation grows', () => {
    const counter = new PromptCounter();
    const part = (i: number) => `${i} `.repeat(longestCountedText / 4);
    expect(counter.count('a', prompt(part(1), part(2), part(3)))).toMatchObject({ isCounted: false });
    expect(counter.count('a', prompt(part(1), part(2)))).toMatchObject({ isCounted: true });
    const grown = counter.count('a', prompt(part(1), part(2), part(3)));
    expect(grown).toEqual({ tokens: exactly([part(1), part(2), part(3)]), isCounted: true });
    expect(counter.count('b', prompt(part(1), part(2), part(3)))).toMatchObject({ isCounted: false });
  });

  it('counts tools, and prompts that come as tokens', () => {
    const count = new PromptCounter().count('a', {
      instructions: '{"type":"object"}',
      messages: [],
      givenTokens: 5,
    });
    expect(count).toEqual({ tokens: 5 + countTokens('{"type":"object"}'), isCounted: true });
  });
});
