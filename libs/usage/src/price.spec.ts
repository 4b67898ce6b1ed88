import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costOf } from './price.js';

const pricing = {
  prompt: '0.0000005',
  completion: '0.0000015',
  request: '0.01',
  input_cache_read: '0.00000005',
  image: '1',
};
const tokens = { promptTokens: 1_000, completionTokens: 10 };
/** Picodollars for one token or call. */
const picos = fc.nat(1e9);
const text = (picos: number) => `0.${String(picos).padStart(12, '0')}`;

describe('costOf', () => {
  it('is the sum of what each token costs, to the last digit', () => {
    const counts = fc.record({
      promptTokens: fc.nat(1e6),
      cachedTokens: fc.nat(1e6),
      completionTokens: fc.nat(1e6),
    });
    fc.assert(
      fc.property(picos, picos, picos, picos, counts, (prompt, completion, request, cacheRead, counts) => {
        const cost = costOf(
          {
            prompt: text(prompt),
            completion: text(completion),
            request: text(request),
            input_cache_read: text(cacheRead),
          },
          counts,
        );
        const cached = Math.min(counts.cachedTokens, counts.promptTokens);
        const expected =
          BigInt(prompt) * BigInt(counts.promptTokens - cached) +
          BigInt(cacheRead) * BigInt(cached) +
          BigInt(completion) * BigInt(counts.completionTokens) +
          BigInt(request);
        const [dollars = '', rest = ''] = (cost ?? '').split('.');
        expect(BigInt(dollars) * 10n ** 12n + BigInt(rest.padEnd(12, '0'))).toBe(expected);
      }),
    );
  });

  it('takes cached tokens at their own price, or at the prompt’s', () => {
    expect(costOf(pricing, tokens)).toBe('0.010515');
    expect(costOf(pricing, { ...tokens, cachedTokens: 900 })).toBe('0.01011');
    expect(costOf({ ...pricing, input_cache_read: undefined }, { ...tokens, cachedTokens: 900 })).toBe(
      '0.010515',
    );
    expect(costOf({ prompt: '0', completion: '0' }, tokens)).toBe('0');
  });

  it('goes by the length of the prompt where the list does', () => {
    const overrides = [
      { min_prompt_tokens: 500, prompt: '0.001' },
      { min_prompt_tokens: 1_000, prompt: '0.002' },
      { min_prompt_tokens: 1_001, completion: '1' },
    ];
    expect(costOf({ ...pricing, request: '0', overrides }, tokens)).toBe('2.000015');
    expect(costOf({ ...pricing, request: '0', overrides }, { ...tokens, promptTokens: 1 })).toBe('0.0000155');
  });

  it.each([
    ['no list', undefined],
    ['an empty one', {}],
    ['half of one', { prompt: '0.1' }],
    ['a price that depends', { prompt: '-1', completion: '-1' }],
    ['a number', { prompt: 0.1, completion: 0.1 }],
    ['an unreadable request price', { ...pricing, request: 'free' }],
    ['an unreadable cache price', { ...pricing, input_cache_read: '' }],
    [
      'prices by the hour',
      { ...pricing, overrides: [{ utc_start: '01:00', utc_end: '02:00', prompt: '0' }] },
    ],
    ['a discount', { ...pricing, discount: 0.5 }],
    ['a price beyond all ledgers', { ...pricing, prompt: '1000000' }],
  ])('does not guess from %s', (_name, pricing) => {
    expect(costOf(pricing, tokens)).toBeUndefined();
  });
});
