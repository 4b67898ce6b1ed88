import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ContextApi, startContextApi } from './context-http.harness.js';
import { until } from './store-clients.js';

let api: ContextApi;

beforeAll(async () => {
  api = await startContextApi();
});
afterAll(() => api?.close());

const call: ContextApi['call'] = (...parameters) => api.call(...parameters);

describe('the context API', () => {
  it('stores by the real queue, recalls, shows, changes and deletes', async () => {
    const posted = await call('POST', '/items?wait=true', {
      items: [
        { content: 'Refunds take 30 days.', title: 'Refunds', metadata: { tags: ['a'], year: 2026 } },
        {
          messages: [
            { role: 'user', content: 'My cat is called Ada' },
            { role: 'assistant', content: 'Noted' },
          ],
          session: 's',
        },
        {
          document: { content: `# Guide\n\n${'A sentence about nothing. '.repeat(38)}`, format: 'markdown' },
        },
      ],
    });
    expect(posted).toMatchObject({ status: 201, json: { job: { status: 'completed', total: 4 } } });
    const [refund = { id: '' }, , , guide = { id: '' }] = posted.json.items;
    expect(refund).toEqual({ id: expect.any(String), object: 'context.item', status: 'embedded' });
    expect((await call('GET', posted.json.job.status_url.replace('/v1/context', ''))).json).toMatchObject({
      object: 'context.job',
      embedded: 4,
    });

    const recalled = await call('POST', '/recall', {
      query: 'refunds',
      filter: { year: 2026 },
      explain: true,
    });
    expect(recalled).toMatchObject({
      status: 200,
      json: {
        object: 'context.recall',
        items: [
          { id: refund.id, title: 'Refunds', metadata: { tags: ['a'], year: 2026 }, scores: { lexical: 1 } },
        ],
        context: { citations: [{ number: 1, id: refund.id, title: 'Refunds' }] },
        degraded: [],
        explain: { candidates: [{ decision: 'packed' }], timings_ms: { total: expect.any(Number) } },
      },
    });

    const list = await call('GET', `/items?limit=2&filter=${encodeURIComponent('{"kind":"turn"}')}`);
    expect(list.json).toMatchObject({ object: 'list', has_more: false, next_cursor: null });
    expect(list.json.data).toHaveLength(2);
    const page = await call('GET', '/items?limit=2');
    expect((await call('GET', `/items?limit=2&cursor=${page.json.next_cursor}`)).json.data).toHaveLength(2);
    expect((await call('GET', `/items/${guide.id}`)).json.parts).toBeGreaterThan(1);

    const patched = await call('PATCH', `/items/${refund.id}`, {
      content: 'Refunds take 14 days.',
      title: null,
    });
    expect(patched).toMatchObject({
      status: 200,
      json: { id: refund.id, title: null, version: 3, status: 'pending' },
    });
    await until(async () => (await call('GET', `/items/${refund.id}`)).json.status === 'embedded');
    expect(await call('DELETE', `/items/${refund.id}`)).toEqual({
      status: 200,
      json: { id: refund.id, object: 'context.item', deleted: true },
    });
    expect((await call('GET', `/items/${refund.id}`)).status).toBe(404);
  });

  it('answers 202 with a status URL, and knows a repeat', async () => {
    const headers = { 'idempotency-key': 'once' };
    const first = await call('POST', '/items', { content: 'only once' }, headers);
    const second = await call('POST', '/items', { content: 'only once' }, headers);
    expect(first).toMatchObject({
      status: 202,
      json: { job: { status_url: `/v1/context/jobs/${first.json.job.id}` } },
    });
    expect(second.json.items[0]?.id).toBe(first.json.items[0]?.id);
    expect((await call('POST', '/items', { content: 'other' }, headers)).status).toBe(409);
    expect((await call('POST', '/items', { content: 'only once' })).json.items[0]?.duplicate).toBe(true);
  });

  it('keeps what was said before 1970', async () => {
    const said = { role: 'user', content: 'The Eagle has landed', created_at: '1969-07-20T20:17:00Z' };
    const posted = await call('POST', '/items', { messages: [said], session: 'moon' });
    const { json } = await call('GET', `/items/${posted.json.items[0]?.id}`);
    expect(json).toMatchObject({ created_at: '1969-07-20T20:17:00.000Z' });
  });

  it('lists what is pinned in a collection, moves and unpins it, and counts', async () => {
    const group = 'moon and sun';
    const posted = await call('POST', '/items', {
      items: [
        { content: 'The moon rises.', collection: group, pinned: true },
        { messages: [{ role: 'user', content: 'Where is the sun?' }], collection: group, session: 'sky' },
      ],
    });
    const [moon = { id: '' }] = posted.json.items;
    const list = (query: string) => call('GET', `/items?collection=${encodeURIComponent(group)}&${query}`);
    expect((await list('pinned=true')).json.data).toMatchObject([{ id: moon.id, collection: group }]);
    expect((await list('pinned=false')).json.data).toMatchObject([{ session: 'sky', pinned: false }]);
    const counts = async (route: string) => (await call('GET', `${route}?limit=1000`)).json.data;
    const newest_at: unknown = expect.any(String);
    const collection = { object: 'context.collection', name: group, newest_at };
    expect(await counts('/collections')).toContainEqual({ ...collection, items: 2, pinned: 1 });
    const session = { object: 'context.session', name: 'sky', newest_at };
    expect(await counts('/sessions')).toContainEqual({ ...session, items: 1, pinned: 0 });
    const moved = await call('PATCH', `/items/${moon.id}`, {
      collection: null,
      session: 'sky',
      pinned: false,
    });
    expect(moved.json).toMatchObject({ collection: null, session: 'sky', pinned: false });
    expect(await counts('/collections')).toContainEqual({ ...collection, items: 1, pinned: 0 });
  });

  it.each<[string, unknown, string]>([
    ['/items', {}, 'content'],
    ['/items', { content: 'x', pinned: 'yes' }, 'pinned'],
    ['/items', { content: 'x', collection: '' }, 'collection'],
    [
      '/items',
      { items: [{ content: 'x' }, { document: { content: 'y' }, collection: 'z' }] },
      'items[1].collection',
    ],
    ['/items', { content: 'x', messages: [] }, 'messages'],
    ['/items', { messages: [{ role: 'user', content: 'x' }], title: 't' }, 'title'],
    ['/items', { content: 'x', colour: 'red' }, 'colour'],
    ['/items', { items: [{ content: 'x' }, { content: 'y', items: [] }] }, 'items[1].items'],
    [
      '/items',
      { items: [{ content: 'x' }, { messages: [{ role: 'user', content: 1 }] }] },
      'items[1].messages[0].content',
    ],
    ['/items', { items: [{ content: 'x' }, { document: { content: 'a\0' } }] }, 'items[1].document.content'],
    ['/items', '{"content":"\\ud800"}', 'content'],
    ['/items', { content: 'x'.repeat(1_001) }, 'content'],
    ['/items', { content: 'x', importance: 2 }, 'importance'],
    ['/items', { content: 'x', metadata: [] }, 'metadata'],
    ['/items', { content: 'x', expires_at: '2001-01-01T00:00:00Z' }, 'expires_at'],
    ['/items', { content: 'x', expires_at: '2016-12-31T23:59:60Z' }, 'expires_at'],
    ['/items', { items: [] }, 'items'],
    ['/items', { items: Array.from({ length: 101 }, () => ({ content: 'x' })) }, 'items'],
    ['/items?wait=maybe', { content: 'x' }, 'wait'],
    ['/items', '[]', 'body'],
    ['/items', 'null', 'body'],
    ['/items', { content: 'x', redact: ['names'] }, 'redact'],
    ['/recall', {}, 'query'],
    ['/recall', { query: 'x', top_k: 101 }, 'top_k'],
    ['/recall', { query: 'x', filter: { a: { like: 1 } } }, 'filter.a.like'],
    ['/recall', { messages: [1] }, 'messages[0].role'],
    ['/recall', { query: 'x', limit: 3 }, 'limit'],
  ])('refuses %s %j, naming %s', async (path, body, param) => {
    const { status, json } = await call('POST', path, body);
    expect({ status, param: json.error?.param }).toEqual({ status: 400, param });
    expect(JSON.stringify(json)).not.toMatch(/at .*\.ts/);
  });
});
