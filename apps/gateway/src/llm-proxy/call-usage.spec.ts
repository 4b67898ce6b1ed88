import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '#common';
import type { CompletionOutcome } from '#llm-proxy';
import { factsOf, type PriceList, usageOf, usageOfEmbeddings, usageOfFailure } from './call-usage.js';

const facts = () => factsOf({ requestId: 'request' }, 'chat', 'asked/for');

const pricing = { prompt: '0.0000005', completion: '0.0000015', input_cache_read: '0.0000001' };
const prices: PriceList = {
  find: (name) => (name === 'answered/by' || name === 'm' ? { pricing } : undefined),
};

const outcome: CompletionOutcome = {
  status: 'completed',
  statusCode: 200,
  model: 'answered/by',
  generationId: 'gen-1',
  usage: { promptTokens: 10, completionTokens: 5, source: 'provider' },
  cost: '0.000001',
  text: 'hi',
  finishReason: 'stop',
  firstChunkMs: 1,
  latencyMs: 2,
  error: undefined,
};

describe('usageOf', () => {
  it('is what the upstream said, under the facts of the call', () => {
    const usage = usageOf({ ...facts(), contextTokens: 3, receiptId: 'receipt' }, outcome, prices);
    expect(usage).toEqual({
      requestId: 'request',
      operation: 'chat',
      model: 'answered/by',
      status: 'completed',
      statusCode: 200,
      promptTokens: 10,
      completionTokens: 5,
      contextTokens: 3,
      cost: '0.000001',
      source: 'provider',
      generationId: 'gen-1',
      receiptId: 'receipt',
      latencyMs: expect.any(Number),
    });
    expect(usage.latencyMs).toBeGreaterThanOrEqual(0);
  });

  it.each([
    ['completed', 'completed'],
    ['cancelled', 'cancelled'],
    ['failed', 'failed'],
    ['cut', 'failed'],
  ] as const)('writes %s as %s', (status, written) => {
    expect(usageOf(facts(), { ...outcome, status }, prices).status).toBe(written);
  });
});

describe('the cost of a call', () => {
  const unnamed = { ...outcome, cost: undefined };

  it('is by the price list when the provider named none', () => {
    expect(usageOf(facts(), unnamed, prices).cost).toBe('0.0000125');
    const cached = { ...unnamed, usage: { ...outcome.usage, cachedTokens: 10 } };
    expect(usageOf(facts(), cached, prices).cost).toBe('0.0000085');
    expect(usageOf(facts(), { ...unnamed, cost: '0' }, prices).cost).toBe('0');
  });

  it('is unknown for an unknown model, and none for a call that nobody took', () => {
    expect(usageOf(facts(), { ...unnamed, model: 'who/knows' }, prices).cost).toBeNull();
    const usage = { promptTokens: 0, completionTokens: 0, source: 'none' as const };
    expect(usageOf(facts(), { ...unnamed, usage }, prices).cost).toBeNull();
  });
});

describe('usageOfEmbeddings', () => {
  const answer = { model: undefined, usage: undefined, cost: undefined };

  it('goes by the provider’s count', () => {
    const usage = { promptTokens: 7, completionTokens: 0 };
    const counted = usageOfEmbeddings(facts(), { ...answer, model: 'm', usage, cost: '0.1' }, 9, prices);
    expect(counted).toMatchObject({ model: 'm', promptTokens: 7, source: 'provider', cost: '0.1' });
  });

  it('goes by ours when there is none', () => {
    expect(usageOfEmbeddings(facts(), { ...answer, model: 'm' }, 9, prices).cost).toBe('0.0000045');
    expect(usageOfEmbeddings(facts(), answer, 9, prices)).toMatchObject({
      model: 'asked/for',
      promptTokens: 9,
      source: 'estimated',
      cost: null,
    });
  });
});

describe('usageOfFailure', () => {
  it('owes nothing, and keeps the status the caller saw', () => {
    expect(usageOfFailure(facts(), new InvalidRequestError('no'))).toMatchObject({
      status: 'failed',
      statusCode: 400,
      promptTokens: 0,
      completionTokens: 0,
      cost: null,
      source: 'none',
    });
    expect(usageOfFailure(facts(), new Error('ours')).statusCode).toBe(500);
  });
});
