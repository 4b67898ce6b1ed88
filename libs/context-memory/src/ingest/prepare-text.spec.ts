import { describe, expect, it } from 'vitest';
import { prepareText } from './prepare-text.js';
import { turnItem } from './turn-item.js';

const now = new Date('2026-11-22T08:00:00Z');
const long = 'A sentence about nothing much at all. '.repeat(60);

describe('prepareText', () => {
  it('keeps a short text in one row, verbatim but for the white space around it', () => {
    const text = prepareText({ content: '  Two  words\n' }, now);
    expect(text).toMatchObject({
      isDocument: false,
      rest: [],
      head: { content: 'Two  words', heading: undefined },
    });
    expect(text.contentHash).toBe(prepareText({ content: 'Two words' }, now).contentHash);
  });

  it('takes composed and decomposed characters for the same', () => {
    const hash = (content: string) => prepareText({ content }, now).contentHash;
    expect(hash('caf\u00e9')).toBe(hash('cafe\u0301'));
    expect(hash('cafe')).not.toBe(hash('caf\u00e9'));
  });

  it('splits a long one; the first part carries the hash of the whole', () => {
    const text = prepareText({ content: long }, now);
    expect(text.isDocument).toBe(true);
    expect(text.head.contentHash).toBe(text.contentHash);
    expect(text.rest.length).toBeGreaterThan(0);
  });

  it('puts date and speaker over every part of a turn', () => {
    const item = turnItem(
      { role: 'user', name: 'Ann', content: long, createdAt: new Date('2023-05-07T23:00:00Z') },
      '',
    );
    expect(item?.metadata).toEqual({ role: 'user', name: 'Ann' });
    const { head, rest } = prepareText(item ?? { content: '' }, now);
    for (const part of [head, ...rest]) expect(part.heading).toBe('7 May 2023, Ann');
  });
});

describe('turnItem', () => {
  it('is nothing for a turn without text', () => {
    expect(turnItem({ role: 'assistant', content: null }, '')).toBeUndefined();
    expect(turnItem({ role: 'user', content: [{ type: 'image_url' }] }, '')).toBeUndefined();
  });
});
