import { describe, expect, it } from 'vitest';
import { cutQuestion, queryFromMessages } from './query-text.js';

const user = (content: unknown) => ({ role: 'user', content });

describe('queryFromMessages', () => {
  it('is the last thing the user said', () => {
    const long = 'What is the refund policy for customers outside of Europe?';
    expect(queryFromMessages([user('Hi'), { role: 'assistant', content: 'Hello' }, user(long)])).toBe(long);
    expect(queryFromMessages([user(long), { role: 'assistant', content: 'Thirty days.' }])).toBe(long);
  });

  it('takes the question before with one too short to stand alone', () => {
    expect(queryFromMessages([user('When does the museum open?'), user('And on Mondays?')])).toBe(
      'When does the museum open?\nAnd on Mondays?',
    );
  });

  it('reads the text parts of a content list and passes over the rest', () => {
    const parts = [
      { type: 'text', text: 'What is on' },
      { type: 'image_url', image_url: {} },
      null,
      { text: 'this picture?' },
    ];
    expect(queryFromMessages([user(parts)])).toBe('What is on\nthis picture?');
  });

  it('is empty when no user said anything', () => {
    expect(queryFromMessages([])).toBe('');
    expect(queryFromMessages([{ role: 'system', content: 'x' }, user('  '), user(undefined), user(7)])).toBe(
      '',
    );
  });
});

describe('cutQuestion', () => {
  it('keeps the end, and is safe to search with', () => {
    const cut = cutQuestion(`${'😀'.repeat(9_000)}a\0b\ud800`);
    expect(cut.length).toBeLessThanOrEqual(8_000);
    expect(cut.isWellFormed()).toBe(true);
    expect(cut.endsWith('ab\ufffd')).toBe(true);
  });
});
