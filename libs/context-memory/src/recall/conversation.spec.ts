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
      `  ${turn.replaceAll(' ', '\n ')}`,
      `You said:\n${turn}\nIs that still so?`,
      // Cut at the end, as a store cuts what is too long.
      turn.slice(0, -4),
      turn.replace('Ask for Ines.', 'Bring a lamp along.'),
    ]) {
      expect({ message, said: saidIn([user(message)])(turn, false) }).toEqual({ message, said: true });
    }
  });

  it('takes nothing for said that was said in part, or by chance', () => {
    const said = saidIn([user('The harbour closes at nine in winter. Yes. Thank you.')]);
    expect(said(turn, false)).toBe(false);
    expect(said('Yes. Thank you very much.', false)).toBe(false);
    expect(said('Yes.', false)).toBe(false);
    expect(saidIn([])('anything', false)).toBe(false);
  });

  it('finds a part of a text in a message that is the whole', () => {
    const said = saidIn([user('one two three four')]);
    expect(said('two three', true)).toBe(true);
    expect(said('two three', false)).toBe(false);
  });

  it('says of every message that it was said', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }).filter((text) => text.trim() !== '')), (texts) => {
        const said = saidIn(texts.map(user));
        for (const text of texts) expect(said(`${text}  `, false)).toBe(true);
      }),
    );
  });
});
