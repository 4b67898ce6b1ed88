import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentHash } from '../ingest/content-hash.js';
import { saidHashes, saidIn } from './conversation.js';

const user = (content: unknown) => ({ role: 'user', content });
const turn = 'The harbour closes at nine in winter. In summer it stays open until midnight. Ask for Ines.';

describe('saidHashes', () => {
  it('are those of the items that the messages would be, whatever the white space and the form', () => {
    const messages = [user(' Café  au lait '), user([{ type: 'text', text: 'two\nlines' }]), user(null)];
    expect([...saidHashes(messages)]).toEqual(['Café au lait', 'two lines'].map(contentHash));
  });
});

describe('saidIn', () => {
  it('knows what a message is, and what it holds the most of', () => {
    for (const message of [
      turn,
      turn.replaceAll('. ', '.\n'),
      `You said:\n${turn}\nIs that still so?`,
      // Cut at the end, as a store cuts what is too long.
      turn.slice(0, -4),
      turn.replace('Ask for Ines.', 'Bring a lamp along.'),
    ]) {
      expect({ message, said: saidIn([user(message)])(turn) }).toEqual({ message, said: true });
    }
  });

  it('takes nothing for said that was said in part, or by chance', () => {
    const said = saidIn([user('The harbour closes at nine in winter. Yes. Thank you.')]);
    expect(said(turn)).toBe(false);
    expect(said('Yes. Thank you very much.')).toBe(false);
    expect(said('Yes.')).toBe(false);
    expect(saidIn([])('anything')).toBe(false);
  });

  it('says of every sentence of some length that it was said', () => {
    const sentence = fc.stringMatching(/^[a-zé]{12,20} [a-z]{12,20}\.$/);
    fc.assert(
      fc.property(fc.array(sentence, { minLength: 1 }), (sentences) => {
        const said = saidIn(sentences.map(user));
        expect(said(sentences.join('\n'))).toBe(true);
        expect(
          said(`${sentences.join(' ')} ${'Nobody ever said this here. '.repeat(sentences.length * 2)}`),
        ).toBe(false);
      }),
    );
  });

  it('reads what was said last, and stops where that is enough', () => {
    const said = saidIn([user(turn), user('x'.repeat(200_000)), user('The last one is read in any case.')]);
    expect(said('The last one is read in any case.')).toBe(true);
    expect(said(turn)).toBe(false);
  });
});
