import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskedQuestion } from './masked-question.js';

describe('maskedQuestion', () => {
  it('takes the longest word out, wherever it stands, and asks with the others', () => {
    expect(maskedQuestion('Deploys go out on Tuesdays at ten; on TUESDAYS only.')).toBe(
      'Deploys go out on at ten on only',
    );
  });

  it('asks nothing of a text that says too little', () => {
    for (const text of ['', '???', 'two words', 'one more word'])
      expect(maskedQuestion(text)).toBeUndefined();
  });

  it('never holds the masked word, and never more than twelve', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-zA-Zé0-9]{1,9}$/), { maxLength: 40 }), (words) => {
        const asked = maskedQuestion(words.join(' '))?.split(' ');
        if (asked === undefined) return;
        expect(asked.length).toBeLessThanOrEqual(12);
        const longest = Math.max(...words.slice(0, 13).map(({ length }) => length));
        const masked = words
          .slice(0, 13)
          .find(({ length }) => length === longest)
          ?.toLowerCase();
        expect(asked.map((word) => word.toLowerCase())).not.toContain(masked);
      }),
    );
  });
});
