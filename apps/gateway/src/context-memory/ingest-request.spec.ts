import { describe, expect, it } from 'vitest';
import { toNewItems } from './ingest-request.js';

const refusal = (param: string) => expect.objectContaining({ httpStatus: 400, param });

describe('toNewItems', () => {
  it('reads a text with its details', () => {
    const [item] = toNewItems({
      content: 'x',
      title: 't',
      external_id: 'e',
      importance: 0.7,
      metadata: { a: 1 },
      expires_at: '2030-01-31T09:00:00Z',
    });
    expect(item).toMatchObject({
      content: 'x',
      kind: 'note',
      title: 't',
      externalId: 'e',
      importance: 0.7,
      metadata: { a: 1 },
      expiresAt: new Date('2030-01-31T09:00:00Z'),
    });
  });

  it('reads a document as one item that is split later', () => {
    expect(toNewItems({ document: { content: '# x', format: 'markdown' } })).toEqual([
      expect.objectContaining({ kind: 'document', content: '# x', format: 'markdown', asDocument: true }),
    ]);
  });

  it('reads a conversation as one item a message, in its order', () => {
    const turns = toNewItems({
      session: 's',
      messages: [
        { role: 'user', content: 'ask', name: 'Caroline', created_at: '2026-05-01T10:00:00Z' },
        { role: 'assistant', content: 'answer' },
      ],
    });
    expect(turns.map(({ kind, session }) => [kind, session])).toEqual([
      ['turn', 's'],
      ['turn', 's'],
    ]);
    expect(turns[0]?.content).toContain('ask');
    expect(turns[1]?.content).toContain('answer');
  });

  it('keeps the order of a batch of all shapes', () => {
    const items = toNewItems({
      items: [
        { content: 'first' },
        { messages: [{ role: 'user', content: 'second' }] },
        { document: { content: 'third' } },
      ],
    });
    expect(items.map(({ kind }) => kind)).toEqual(['note', 'turn', 'document']);
  });

  it.each([
    [{}, 'content'],
    [{ title: 't' }, 'content'],
    [{ content: null }, 'content'],
    [{ content: 'x', items: [] }, 'items'],
    [{ messages: [], title: 't' }, 'title'],
    [{ document: { content: 'x' }, session: 's' }, 'session'],
    [{ items: [{ content: 'x' }, {}] }, 'items[1]'],
    [{ items: [{ messages: [{ role: 'user', content: ' ' }] }] }, 'items[0].messages[0].content'],
  ])('refuses %j, naming %s', (body, param) => {
    expect(() => toNewItems(body)).toThrow(refusal(param));
  });
});
