import { describe, expect, it } from 'vitest';
import { Redactor } from './redactor.js';

const address = 'bob@example.com';

describe('Redactor', () => {
  it('takes out what is shown of an item, and leaves the names by which it is asked for', () => {
    const redactor = new Redactor(['email']);
    const item = {
      path: 'items[0]',
      kind: 'turn',
      content: `I am ${address}`,
      title: address,
      speaker: address,
      metadata: { name: address, at: [1, { cc: `<${address}>` }] },
      session: address,
      externalId: address,
    };
    expect(redactor.item(item)).toEqual({
      ...item,
      content: 'I am [EMAIL]',
      title: '[EMAIL]',
      speaker: '[EMAIL]',
      metadata: { name: '[EMAIL]', at: [1, { cc: '<[EMAIL]>' }] },
    });
    expect(redactor.counts).toEqual({ email: 5 });
  });

  it('leaves everything as it is when it is to take out nothing', () => {
    const item = { path: '', kind: 'note', content: address };
    expect(new Redactor([]).item(item)).toBe(item);
  });
});
