import { describe, expect, it } from 'vitest';
import { CompletionTap } from '#openrouter';
import { settledCost, settledUsage } from './completion-outcome.js';

const said = (content: string, usage?: object) => ({ choices: [{ index: 0, delta: { content } }], usage });

function settled(isWhole: boolean, ...chunks: ReturnType<typeof said>[]) {
  const tap = new CompletionTap();
  for (const chunk of chunks) tap.read(chunk);
  const usage = settledUsage(tap, 11, isWhole);
  return { ...usage, cost: settledCost(tap, usage) };
}

const free = { prompt_tokens: 9, completion_tokens: 0, cost: 0 };
const running = { prompt_tokens: 9, completion_tokens: 1, cost: 0.001 };

describe('what a call is settled by', () => {
  it('is the provider’s last count and its cost', () => {
    expect(settled(true, said('Hi', free), said('!', running))).toEqual({
      promptTokens: 9,
      completionTokens: 1,
      source: 'provider',
      cost: '0.001',
    });
  });

  it('is a provider’s zero when the answer is whole, or nothing was said', () => {
    expect(settled(true, said('Hi', free))).toMatchObject({
      completionTokens: 0,
      source: 'provider',
      cost: '0',
    });
    expect(settled(false, said('', free))).toMatchObject({
      completionTokens: 0,
      source: 'provider',
      cost: '0',
    });
  });

  it('is our own estimate when a running zero was cut, and its cost goes with it', () => {
    expect(settled(false, said('Hi there', free))).toEqual({
      promptTokens: 11,
      completionTokens: 2,
      source: 'estimated',
      cost: undefined,
    });
    expect(settled(false, said('Hi there', running))).toMatchObject({ source: 'provider', cost: '0.001' });
  });

  it('is our own estimate without a count, beside a cost that the provider did name', () => {
    expect(settled(true, said('Hi there'))).toMatchObject({ source: 'estimated', cost: undefined });
    expect(settled(true, said('Hi there', { cost: 0.5 }))).toMatchObject({
      source: 'estimated',
      cost: '0.5',
    });
  });
});
