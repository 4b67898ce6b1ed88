import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readModel, readModels, toListedModel } from './catalogue-model.js';

const entry = {
  id: 'openai/gpt-5',
  name: 'GPT-5',
  created: 7,
  context_length: 400_000,
  architecture: { input_modalities: ['text', 'image'], output_modalities: ['text'], tokenizer: 'GPT' },
  pricing: { prompt: '0.00000125', completion: '0.00001', web_search: '-1', overrides: [{ prompt: '0.1' }] },
  top_provider: { context_length: 272_000, max_completion_tokens: 128_000 },
  supported_parameters: ['tools', 'seed'],
};

describe('readModel', () => {
  it('reads what the gateway decides by, and leaves prices as they are', () => {
    expect(readModel(entry)).toEqual({
      id: 'openai/gpt-5',
      name: 'GPT-5',
      vendor: 'openai',
      contextLength: 400_000,
      maxCompletionTokens: 128_000,
      pricing: entry.pricing,
      supportedParameters: ['tools', 'seed'],
      inputModalities: ['text', 'image'],
      outputModalities: ['text'],
      tokenizer: 'GPT',
      entry,
    });
  });

  it.each([
    [{ id: '~google/gemini-latest' }, 'google'],
    [{ id: 'gpt-5', owned_by: 'system' }, 'system'],
    [{ id: 'llama3' }, 'llama3'],
  ])('says who makes %j', (given, vendor) => {
    expect(readModel(given).vendor).toBe(vendor);
  });

  it.each([0, -1, 1.5, '1000', null, 1e300])('takes a window of %j for none', (context_length) => {
    expect(readModel({ id: 'a', context_length }).contextLength).toBeNull();
  });

  it('reads any entry there may be', () => {
    const member = fc.constantFrom(
      'context_length',
      'pricing',
      'architecture',
      'top_provider',
      'owned_by',
      'x',
    );
    const any = fc.dictionary(member, fc.jsonValue());
    fc.assert(fc.property(any, (rest) => readModel({ ...rest, id: 'a/b' }).vendor === 'a'));
  });
});

describe('readModels', () => {
  it('keeps each id once, in order, without what cannot be stored or named', () => {
    const entries = [
      { id: 'b' },
      { id: 'a', name: 'first' },
      { id: 'nul', description: 'a\0b' },
      { id: 'half', nested: [{ x: '\ud800' }] },
      { id: 'x'.repeat(257) },
      { id: 'a', name: 'second' },
    ];
    expect(readModels(entries).map(({ name }) => name)).toEqual(['b', 'first']);
  });
});

describe('toListedModel', () => {
  it('shows models as OpenAI does, with all that the upstream tells', () => {
    expect(toListedModel(readModel(entry))).toEqual({ ...entry, object: 'model', owned_by: 'openai' });
    expect(toListedModel(readModel({ id: 'bare' }))).toEqual({
      id: 'bare',
      object: 'model',
      created: 0,
      owned_by: 'bare',
    });
  });
});
