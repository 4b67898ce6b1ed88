import { describe, expect, it } from 'vitest';
import { CompletionTap } from '#openrouter';
import { type CompletionStatus, settledCost, settledUsage } from './completion-outcome.js';

const said = (content: string, usage?: object) => ({ choices: [{ index: 0, delta: { content } }], usage });

function settled(status: CompletionStatus, ...chunks: ReturnType<typeof said>[]) {
  const tap = new CompletionTap();
  for (const chunk of chunks) tap.read(chunk);
  const usage = settledUsage(tap, 11, status);
  return { ...usage, cost: settledCost(tap, usage) };
}

const free = { prompt_tokens: 9, completion_tokens: 0, cost: 0 };
const running = { prompt_tokens: 9, completion_tokens: 1, cost: 0.001 };

describe('what a call is settled by', () => {
  it('is the provider’s last count and its cost', () => {
    expect(settled('completed', said('Hi', free), said('!', running))).toEqual({
      promptTokens: 9,
      completionTokens: 1,
      source: 'provider',
      cost: '0.001',
    });
  });

  it('is a provider’s zero when the answer is whole, or nothing was said', () => {
    expect(settled('completed', said('Hi', free))).toMatchObject({
      completionTokens: 0,
      source: 'provider',
      cost: '0',
    });
    expect(settled('cut', said('', free))).toMatchObject({
      completionTokens: 0,
      source: 'provider',
      cost: '0',
    });
  });

  it('is our own estimate when a running total was cut, and its cost goes with it', () => {
    expect(settled('cut', said('Hi there', free))).toEqual({
      promptTokens: 11,
      completionTokens: 2,
      source: 'estimated',
      cost: undefined,
    });
    expect(settled('cancelled', said('Hi there', running))).toEqual({
      promptTokens: 11,
      completionTokens: 2,
      source: 'estimated',
      cost: undefined,
    });
    const long = { ...running, completion_tokens: 40 };
    expect(settled('cut', said('Hi there', long))).toMatchObject({
      completionTokens: 40,
      source: 'estimated',
    });
  });

  it('is the provider’s count when the answer had given its reason to end', () => {
    const last = { choices: [{ index: 0, delta: { content: '' }, finish_reason: 'stop' }], usage: running };
    expect(settled('cut', said('Hi there'), last)).toMatchObject({ source: 'provider', cost: '0.001' });
    const failed = {
      choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
      usage: running,
    };
    expect(settled('failed', said('Hi there'), failed)).toMatchObject({ source: 'estimated' });
  });

  it('is our own estimate without a count, beside a cost that the provider did name', () => {
    expect(settled('completed', said('Hi there'))).toMatchObject({ source: 'estimated', cost: undefined });
    expect(settled('completed', said('Hi there', { cost: 0.5 }))).toMatchObject({
      source: 'estimated',
      cost: '0.5',
    });
  });

  it('is nothing for an answer that is empty and ends for no reason or an error, but not for one that was left or cut', () => {
    const nothing = { promptTokens: 0, completionTokens: 0, source: 'none' };
    const blank = { choices: [{ index: 0, delta: { content: '' }, finish_reason: null }], usage: free };
    const failed = {
      choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
      usage: undefined,
    };
    const stopped = { choices: [{ index: 0, delta: { content: '' }, finish_reason: 'stop' }], usage: free };
    expect(settled('completed', blank)).toMatchObject(nothing);
    expect(settled('failed', failed)).toMatchObject(nothing);
    expect(settled('completed', stopped)).toMatchObject({ promptTokens: 9, source: 'provider' });
    expect(settled('cancelled', blank)).toMatchObject({ promptTokens: 9, source: 'provider' });
    expect(settled('completed', said('Hi'))).toMatchObject({ source: 'estimated' });
  });
});
