import { describe, expect, it } from 'vitest';
import { costIn, usageIn } from './token-usage.js';

const counts = { prompt_tokens: 7, completion_tokens: 2 };

describe('usageIn', () => {
  it.each([
    [counts, { promptTokens: 7, completionTokens: 2 }],
    [
      { prompt_tokens: 0, completion_tokens: 0 },
      { promptTokens: 0, completionTokens: 0 },
    ],
    [
      { prompt_tokens: 7, total_tokens: 7 },
      { promptTokens: 7, completionTokens: 0 },
    ],
    [
      { prompt_tokens: 7, total_tokens: 9 },
      { promptTokens: 7, completionTokens: 2 },
    ],
    [
      { ...counts, prompt_tokens_details: { cached_tokens: 5 } },
      { promptTokens: 7, completionTokens: 2, cachedTokens: 5 },
    ],
    [
      { ...counts, prompt_tokens_details: { cached_tokens: null } },
      { promptTokens: 7, completionTokens: 2 },
    ],
  ])('reads %j', (usage, expected) => {
    expect(usageIn({ usage })).toStrictEqual(expected);
  });

  it.each([undefined, null, [], {}, { prompt_tokens: '7' }, { prompt_tokens: -1 }, { prompt_tokens: 1e300 }])(
    'finds none in %j',
    (usage) => {
      expect(usageIn({ usage })).toBeUndefined();
    },
  );

  it('believes no count that would eat a day', () => {
    const absurd = Number.MAX_SAFE_INTEGER;
    expect(usageIn({ usage: { prompt_tokens: absurd, completion_tokens: 2 } })).toBeUndefined();
    expect(usageIn({ usage: { prompt_tokens: 999_999_999, completion_tokens: 2 } })).toMatchObject({
      promptTokens: 999_999_999,
    });
    expect(
      usageIn({ usage: { prompt_tokens: 7, completion_tokens: absurd, total_tokens: 9 } }),
    ).toStrictEqual({
      promptTokens: 7,
      completionTokens: 2,
    });
  });
});

describe('costIn', () => {
  it.each([
    [0, '0'],
    [0.0042, '0.0042'],
    [1.2e-7, '0.00000012'],
    [999_999_999, '999999999'],
  ])('reads %d', (cost, text) => {
    expect(costIn({ usage: { cost } })).toBe(text);
  });

  it.each([undefined, null, '0.1', -0.1, Number.NaN, 1e9, 1e30])('believes no %j', (cost) => {
    expect(costIn({ usage: { cost } })).toBeUndefined();
  });
});
