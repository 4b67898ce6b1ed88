import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roomIn, routesThatFit } from './context-window.js';

const models = {
  'gpt/1k': { contextLength: 1_000, tokenizer: 'GPT' },
  'other/1k': { contextLength: 1_000, tokenizer: 'Claude' },
  'other/4k': { contextLength: 4_000, tokenizer: null },
  'unknown/window': { contextLength: null, tokenizer: null },
};
type Id = keyof typeof models;
const isKnown = (id: string): id is Id => id in models;
const find = (id: string) => (isKnown(id) ? models[id] : undefined);
const size = (tokens: number, answer = 0, isCounted = true) => ({
  tokens,
  answer,
  isCounted,
  isReworded: false,
  param: 'messages' as const,
});

describe('routesThatFit', () => {
  it.each<[string, ReturnType<typeof size>, [string, ...string[]], string[]]>([
    ['what fits', size(1_000), ['gpt/1k'], ['gpt/1k']],
    ['what may fit by its own count', size(1_100), ['gpt/1k'], ['gpt/1k']],
    ['another tokenizer, which may need far less', size(1_600), ['other/1k'], ['other/1k']],
    ['tools, which may be worded shorter', { ...size(1_600), isReworded: true }, ['gpt/1k'], ['gpt/1k']],
    ['an estimate, which may be too high', size(1_300, 0, false), ['gpt/1k'], ['gpt/1k']],
    [
      'the larger one first when the smaller may not do',
      size(1_100),
      ['gpt/1k', 'other/4k'],
      ['other/4k', 'gpt/1k'],
    ],
    ['only the larger one when the smaller cannot do', size(3_000), ['gpt/1k', 'other/4k'], ['other/4k']],
    ['a model that nobody knows', size(9e9), ['gpt/1k', 'brand/new'], ['brand/new']],
    ['a model whose window nobody knows', size(9e9), ['unknown/window'], ['unknown/window']],
  ])('lets through %s', (_name, prompt, routes, fitting) => {
    expect(routesThatFit(routes, prompt, find)).toEqual(fitting);
  });

  it.each<[ReturnType<typeof size>, [string, ...string[]], string]>([
    [
      size(2_000),
      ['gpt/1k'],
      "This model's maximum context length is 1000 tokens. However, your messages resulted in about 2000 tokens. Please reduce the length of the messages.",
    ],
    [
      size(500, 800),
      ['gpt/1k', 'other/1k'],
      "This model's maximum context length is 1000 tokens. However, you requested about 1300 tokens (500 in the messages, 800 in the completion). Please reduce the length of the messages or completion.",
    ],
    [size(9_000), ['gpt/1k', 'other/4k'], "This model's maximum context length is 4000 tokens."],
  ])('refuses %j for %j', (prompt, routes, message) => {
    expect(() => routesThatFit(routes, prompt, find)).toThrow(
      expect.objectContaining({
        httpStatus: 400,
        code: 'context_length_exceeded',
        param: 'messages',
        message: expect.stringContaining(message),
      }),
    );
  });

  it('refuses nothing that fits by our count, and keeps the order among equals', () => {
    const route = fc.constantFrom(...Object.keys(models), 'brand/new');
    const routes = fc.uniqueArray(route, { minLength: 1 });
    fc.assert(
      fc.property(routes, fc.nat(6_000), fc.nat(2_000), fc.boolean(), (given, tokens, answer, isCounted) => {
        const fits = (id: string) => tokens + answer <= (find(id)?.contextLength ?? Infinity);
        const [first = 'brand/new', ...rest] = given;
        const attempt = () => routesThatFit([first, ...rest], size(tokens, answer, isCounted), find);
        const roomy = given.filter(fits);
        if (roomy.length > 0) expect(attempt().slice(0, roomy.length)).toEqual(roomy);
      }),
    );
  });
});

describe('roomIn', () => {
  it('is what the window leaves, with room for an answer', () => {
    expect(roomIn('other/4k', size(1_000, 500), 1_024, find)).toBe(2_500);
    expect(roomIn('other/4k', size(1_000), 600, find)).toBe(2_400);
    expect(roomIn('other/4k', size(1_000), 1_024, find)).toBe(2_000);
    expect(roomIn('gpt/1k', size(2_000), 0, find)).toBe(0);
    expect(roomIn('brand/new', size(2_000), 0, find)).toBe(Infinity);
  });
});
