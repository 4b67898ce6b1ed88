import { beforeAll, describe, expect, it } from 'vitest';
import { admin, newTenant, type Answer, type Tenant } from './tenant.js';

const json = JSON.stringify;
const deep = '['.repeat(50_000) + ']'.repeat(50_000);
const chat = (content: unknown, extra: object = {}) =>
  json({ model: 'sim/fast', messages: [{ role: 'user', content }], ...extra });

/** [what, path, body, status, the field that the answer names] */
const cases: [string, string, string, number, string | null][] = [
  ['an unknown field', '/v1/context/items', json({ content: 'x', contnet: 'y' }), 400, 'contnet'],
  [
    'an unknown field in a batch',
    '/v1/context/items',
    json({ items: [{ content: 'x' }, { content: 'y', nope: 1 }] }),
    400,
    'items[1].nope',
  ],
  ['no shape at all', '/v1/context/items', json({ title: 'x' }), 400, null],
  ['no body', '/v1/context/items', '', 400, null],
  ['a list as body', '/v1/context/items', '[]', 400, null],
  ['a number as body', '/v1/context/recall', '7', 400, null],
  [
    '101 items',
    '/v1/context/items',
    json({ items: Array.from({ length: 101 }, () => ({ content: 'x' })) }),
    400,
    'items',
  ],
  ['a text over the limit', '/v1/context/items', json({ content: 'x '.repeat(300_000) }), 400, 'content'],
  ['NUL in a text', '/v1/context/items', '{"content":"a\\u0000b"}', 400, 'content'],
  ['NUL in metadata', '/v1/context/items', '{"content":"a","metadata":{"k":"\\u0000"}}', 400, 'metadata.k'],
  ['a lone surrogate', '/v1/context/items', '{"content":"\\ud800"}', 400, 'content'],
  ['a document that is a list', '/v1/context/items', json({ document: [] }), 400, 'document'],
  [
    'metadata of very many members',
    '/v1/context/items',
    json({
      content: 'x',
      metadata: Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`k${i}`, i])),
    }),
    400,
    null,
  ],
  ['a filter on every object', '/v1/context/recall', '{"query":"x","filter":{"constructor":"x"}}', 400, null],
  [
    'a filter of very many groups',
    '/v1/context/recall',
    json({ query: 'x', filter: { and: Array.from({ length: 500 }, () => ({ or: [] })) } }),
    400,
    null,
  ],
  ['a prototype key', '/v1/context/items', '{"content":"x","__proto__":{"admin":true}}', 400, null],
  [
    'a filter without sense',
    '/v1/context/recall',
    json({ query: 'x', filter: { a: { like: 'b' } } }),
    400,
    'filter.a.like',
  ],
  ['a query and messages', '/v1/context/recall', json({ query: 'x', messages: [] }), 400, null],
  ['a negative budget', '/v1/context/recall', json({ query: 'x', token_budget: -1 }), 400, 'token_budget'],
  ['a set without a name', '/v1/context/working-sets', json({ session: 's' }), 400, 'name'],
  [
    'a set with a bad query',
    '/v1/context/working-sets',
    json({ name: 'a', queries: [{ query: 'x', topk: 1 }] }),
    400,
    'queries[0].topk',
  ],
  [
    'a set whose filter has no sense',
    '/v1/context/working-sets',
    json({ name: 'a', queries: [{ query: 'x', filter: { a: { like: 1 } } }] }),
    400,
    'queries[0].filter.a.like',
  ],
  ['a summary in a list', '/v1/context/working-sets', json({ name: 'a', summary: [] }), 400, 'summary'],
  [
    'a summary as long as its set',
    '/v1/context/working-sets',
    json({ name: 'a', token_budget: 90, summary: { model: 'm', max_tokens: 90 } }),
    400,
    'summary.max_tokens',
  ],
  [
    'a working set that there is not',
    '/v1/chat/completions',
    chat('x', { context: { working_set: 'nowhere' } }),
    404,
    'context.working_set',
  ],
  ['no messages', '/v1/chat/completions', json({ model: 'sim/fast' }), 400, 'messages'],
  [
    'messages that are none',
    '/v1/chat/completions',
    json({ model: 'sim/fast', messages: 'hi' }),
    400,
    'messages',
  ],
  [
    'NUL in a message',
    '/v1/chat/completions',
    '{"model":"sim/fast","messages":[{"role":"user","content":"\\u0000"}]}',
    400,
    'messages[0].content',
  ],
  [
    'a lone surrogate in a message',
    '/v1/chat/completions',
    '{"model":"sim/fast","messages":[{"role":"user","content":"\\udfff"}]}',
    400,
    'messages[0].content',
  ],
  ['an unknown wish', '/v1/chat/completions', chat('x', { context: { recal: true } }), 400, 'context.recal'],
  ['a stream that is no boolean', '/v1/chat/completions', chat('x', { stream: 'yes' }), 400, 'stream'],
  ['no input', '/v1/responses', json({ model: 'sim/fast' }), 400, 'input'],
  [
    'NUL in an input',
    '/v1/responses',
    '{"model":"sim/fast","input":[{"role":"user","content":"\\u0000"}]}',
    400,
    'input[0].content',
  ],
  ['50,000 levels of input', '/v1/responses', `{"model":"sim/fast","input":${deep}}`, 400, null],
  ['no prompt', '/v1/completions', json({ model: 'sim/fast' }), 400, 'prompt'],
  ['NUL in a prompt', '/v1/completions', '{"model":"sim/fast","prompt":"\\u0000"}', 400, 'prompt'],
  ['broken JSON', '/v1/chat/completions', '{"model":', 400, null],
  ['broken JSON elsewhere', '/v1/context/items', '{"content":', 400, null],
  ['50,000 levels', '/v1/chat/completions', `{"model":"sim/fast","messages":${deep}}`, 400, null],
  ['50,000 levels elsewhere', '/v1/context/items', `{"content":"x","metadata":{"a":${deep}}}`, 400, null],
];

describe('bad input', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await newTenant();
  });

  const isClean = (answer: Answer) => {
    expect(answer.body.error).toMatchObject({
      message: expect.any(String),
      type: expect.any(String),
      code: expect.any(String),
    });
    expect(JSON.stringify(answer.body)).not.toMatch(/at .+:\d+:\d+|node_modules/);
    expect(answer.headers.get('x-request-id')).toBeTruthy();
  };

  it.each(cases)('%s', async (_what, path, body, status, param) => {
    const answer = await tenant.call('POST', path, body, { 'content-type': 'application/json' });
    expect([answer.status, answer.body.error?.message]).toEqual([status, expect.any(String)]);
    isClean(answer);
    if (param !== null) expect(answer.body.error.param).toBe(param);
  });

  it('413 for a body over 10 MB', async () => {
    for (const path of ['/v1/chat/completions', '/v1/context/items']) {
      const answer = await tenant.call('POST', path, chat('x'.repeat(10_500_000)));
      expect([answer.status, answer.body.error.code]).toEqual([413, 'body_too_large']);
      expect(answer.body.error.message).toContain('10485760 bytes');
      isClean(answer);
    }
  });

  it('415 for a compressed body: nothing is inflated before anybody was asked who sends it', async () => {
    for (const encoding of ['gzip', 'br2']) {
      const answer = await tenant.call('POST', '/v1/context/items', chat('x'), {
        'content-encoding': encoding,
      });
      expect([answer.status, answer.body.error.code]).toEqual([415, 'unsupported_content_encoding']);
      isClean(answer);
    }
  });

  it('415 for a content type that is not JSON', async () => {
    for (const path of ['/v1/chat/completions', '/v1/context/items', '/v1/embeddings']) {
      const answer = await tenant.call('POST', path, chat('x'), { 'content-type': 'text/plain' });
      expect(answer.status).toBe(415);
      isClean(answer);
    }
  });

  it('400 for ids, cursors and times that are none', async () => {
    for (const path of [
      '/v1/context/items?cursor=%00nonsense',
      '/v1/context/items?session=%00',
      '/v1/context/items?kind=%00',
      '/v1/context/items?limit=0',
      '/v1/context/items?limit=1000000',
      '/v1/context/items?filter=%7Bbroken',
      '/v1/context/working-sets?cursor=%00nonsense',
      '/v1/usage?start=yesterday',
      '/v1/usage?group_by=colour',
    ]) {
      const answer = await tenant.call('GET', path);
      expect([path, answer.status]).toEqual([path, 400]);
      isClean(answer);
    }
    for (const path of [
      '/v1/context/items/not-a-uuid',
      '/v1/context/jobs/not-a-uuid',
      '/v1/context/receipts/%00',
      '/v1/context/working-sets/%00',
      '/v1/context/working-sets/%00/render',
      '/v1/context/working-sets/..%2F..',
    ]) {
      const answer = await tenant.call('GET', path);
      expect([400, 404]).toContain(answer.status);
      isClean(answer);
    }
  });

  it('the admin API names the field, too', async () => {
    const nameless = await admin('POST', '/admin/workspaces', {});
    expect([nameless.status, nameless.body.error.param]).toEqual([400, 'name']);
    const strange = await admin('POST', `/admin/workspaces/${tenant.workspaceId}/api-keys`, {
      name: 'x',
      scopes: ['root'],
    });
    expect([strange.status, strange.body.error.param]).toEqual([400, expect.stringContaining('scopes')]);
    const nowhere = await admin('POST', '/admin/workspaces/018f0000-0000-7000-8000-000000000000/api-keys', {
      name: 'x',
    });
    expect(nowhere.status).toBe(404);
  });
});
