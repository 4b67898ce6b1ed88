import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bertWords, readVocabulary, WordPiece } from './word-piece.js';

const tokens = [
  '[UNK]',
  '[CLS]',
  '[SEP]',
  'un',
  '##aff',
  '##able',
  '##a',
  'hello',
  ',',
  'naive',
  '東',
  '京',
  'a',
];
const vocabulary = new Map(tokens.map((token, id) => [token, id]));
const tokenizer = new WordPiece(vocabulary);
const named = (text: string) => tokenizer.encode(text, 512).map((id) => tokens[id]);

describe('bertWords', () => {
  it.each([
    ['Hello, World!', ['hello', ',', 'world', '!']],
    ['naïve ÀÉ', ['naive', 'ae']],
    ['東京タワー', ['東', '京', 'タワー']],
    ['a\u0000b\u200bc\ufffdd\ufeff', ['abcd']],
    ['tab\tline\nnbsp\u00a0end', ['tab', 'line', 'nbsp', 'end']],
    ['$5 “quoted”—x', ['$', '5', '“', 'quoted', '”', '—', 'x']],
  ])('splits %j', (text, words) => {
    expect([...bertWords(text)]).toEqual(words);
  });
});

describe('WordPiece', () => {
  it('cuts a word greedily into its longest pieces', () => {
    expect(named('unaffable')).toEqual(['[CLS]', 'un', '##aff', '##able', '[SEP]']);
    expect(named('Hello, naïve 東京')).toEqual(['[CLS]', 'hello', ',', 'naive', '東', '京', '[SEP]']);
  });

  it('takes a word with an unknown part, or of over 100 characters, for unknown', () => {
    expect(named('unaffablex')).toEqual(['[CLS]', '[UNK]', '[SEP]']);
    expect(named('a'.repeat(101))).toEqual(['[CLS]', '[UNK]', '[SEP]']);
  });

  it('frames any text, never passes the limit, and depends on nothing but the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 2, max: 12 }), (text, limit) => {
        const ids = tokenizer.encode(text, limit);
        expect(ids[0]).toBe(vocabulary.get('[CLS]'));
        expect(ids.at(-1)).toBe(vocabulary.get('[SEP]'));
        expect(ids.length).toBeLessThanOrEqual(limit);
        expect(ids).toEqual(new WordPiece(vocabulary).encode(text, limit));
        expect(ids.slice(0, -1)).toEqual(tokenizer.encode(text, 10_000).slice(0, ids.length - 1));
      }),
    );
  });

  it('refuses a vocabulary without its special tokens', () => {
    expect(() => new WordPiece(new Map([['hello', 0]]))).toThrow('[UNK]');
    expect(() => readVocabulary('{"model": {}}')).toThrow('no vocabulary');
  });
});
