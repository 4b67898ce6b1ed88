import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { newTenant, type Answer, type Json, type Tenant, until } from './tenant.js';

const ndjson = { 'content-type': 'application/x-ndjson' };
let tenant: Tenant;
beforeEach(async () => {
  tenant = await newTenant();
});

const store = (items: object[]) => tenant.call('POST', '/v1/context/items?wait=true', { items });
const forget = (body: object) => tenant.call('POST', '/v1/context/forget', body);
const exportLines = async (of = tenant, query = '') => {
  const answer = await of.call('GET', `/v1/context/export${query}`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
  return answer;
};
/** An answer that is no single JSON text is given as text. */
const linesOf = ({ body }: Answer): Json[] =>
  body.text
    .split('\n')
    .filter(Boolean)
    .map((line: string) => JSON.parse(line));

describe('forgetting over HTTP', () => {
  it('counts first, then deletes, then certifies, and nothing can be found any more', async () => {
    const stored = await store([
      { content: 'Customer 4711 lives in Lisbon.', title: 'Lisbon address', metadata: { customer: 4711 } },
      {
        document: {
          content: `# Lisbon\n\n${'The customer likes Lisbon. '.repeat(60)}`,
          metadata: { customer: 4711 },
        },
      },
      { content: 'Refunds take thirty days.' },
    ]);
    const [first, second, third] = stored.body.items.map(({ id }: Json) => id);
    const chat = await tenant.call('POST', '/v1/chat/completions', {
      model: 'demo/echo-with-context',
      messages: [{ role: 'user', content: 'Where does the Lisbon customer live?' }],
      context: { recall: true },
    });
    const receiptPath = `/v1/context/receipts/${chat.headers.get('x-context-receipt')}`;
    const receipt = await until(
      'the receipt',
      () => tenant.call('GET', receiptPath),
      ({ status }) => status === 200,
    );
    expect(receipt.body.items.map(({ title }: Json) => title)).toContain('Lisbon address');

    const filter = { customer: 4711 };
    const dry = await forget({ filter, dry_run: true });
    expect(dry.body).toMatchObject({
      id: null,
      status: 'dry_run',
      item_ids: [first, second],
      counts: { items: 2 },
    });
    expect((await tenant.call('GET', `/v1/context/items/${first}`)).status).toBe(200);

    const done = await forget({ filter });
    expect(done.body).toMatchObject({
      object: 'context.erasure',
      status: 'completed',
      key_id: tenant.keyId,
      filter: { filter },
      counts: dry.body.counts,
      item_ids: [first, second],
      item_ids_sha256: createHash('sha256').update(`${first}\n${second}\n`).digest('hex'),
    });
    expect((await tenant.call('GET', `/v1/context/erasures/${done.body.id}`)).body).toEqual(done.body);
    expect((await tenant.call('GET', '/v1/context/erasures')).body.data).toEqual([done.body]);
    expect((await tenant.call('GET', `/v1/context/items/${first}`)).status).toBe(404);
    expect((await tenant.call('GET', receiptPath)).body).toMatchObject({ query: null });
    const recalled = await tenant.call('POST', '/v1/context/recall', { query: 'Lisbon customer refunds' });
    expect(recalled.body.items.map(({ id }: Json) => id)).toEqual([third]);
    const shown = [await exportLines(), await tenant.call('GET', receiptPath), recalled];
    expect(JSON.stringify(shown.map(({ body }) => body))).not.toContain('Lisbon');
  });

  it('takes back the answers that are kept, which may quote what went', async () => {
    await store([{ content: 'The vault opens at seven.' }]);
    const ask = (headers: Record<string, string>) =>
      tenant.call(
        'POST',
        '/v1/chat/completions',
        {
          model: 'demo/echo-with-context',
          messages: [{ role: 'user', content: 'When does the vault open?' }],
          context: { recall: true },
        },
        headers,
      );
    const named = { 'idempotency-key': 'vault' };
    expect((await ask(named)).body.choices[0].message.content).toContain('seven');
    expect((await ask(named)).headers.get('idempotent-replayed')).toBe('true');
    await ask({ 'x-cache': 'true' });

    expect((await forget({ all: true })).body).toMatchObject({ status: 'completed', counts: { items: 1 } });
    const again = await ask(named);
    expect(again.headers.get('idempotent-replayed')).toBeNull();
    expect(again.body.choices[0].message.content).not.toContain('seven');
    expect((await ask({ 'x-cache': 'true' })).headers.get('x-cache')).toBe('miss');
  });

  it.each([
    [{}, 'all'],
    [{ filter: {} }, 'all'],
    [{ all: true, session: 's' }, 'all'],
    [{ session: 's\0' }, 'session'],
    [{ created_before: 'yesterday' }, 'created_before'],
    [{ filter: { a: { like: 1 } } }, 'filter.a.like'],
    [{ sesion: 's' }, 'sesion'],
  ])('refuses %j', async (body, param) => {
    await store([{ content: 'stays' }]);
    const answer = await forget(body);
    expect([answer.status, answer.body.error.param]).toEqual([400, param]);
    expect((await tenant.call('GET', '/v1/context/items')).body.data).toHaveLength(1);
  });

  it('is for keys that may write, certificates for those that may read', async () => {
    const reader = await newTenant({ key: { scopes: ['context:read'] } });
    expect((await reader.call('POST', '/v1/context/forget', { all: true })).status).toBe(403);
    expect((await reader.call('POST', '/v1/context/import', '{}', ndjson)).status).toBe(403);
    expect((await reader.call('GET', '/v1/context/erasures')).status).toBe(200);
    await exportLines(reader);
    const writer = await newTenant({ key: { scopes: ['context:write'] } });
    expect((await writer.call('GET', '/v1/context/export')).status).toBe(403);
  });
});

describe('export and import over HTTP', () => {
  it('move a workspace: the same lines but for ids, found by meaning there, nothing twice', async () => {
    await store([
      { content: 'Our deploys go out on Tuesdays.', title: 'Deploys', external_id: 'kb/1', importance: 0.7 },
      {
        messages: [
          {
            role: 'user',
            content: 'My bicycle is turquoise.',
            created_at: '2026-05-01T10:00:00Z',
            name: 'Ann',
          },
          { role: 'assistant', content: 'Nice colour.', created_at: '2026-05-01T10:00:01Z' },
        ],
        session: 's',
      },
      {
        document: {
          content: `# Guide\n\n${'Some words. '.repeat(90)}`,
          format: 'markdown',
          expires_at: '2040-01-01T00:00:00Z',
        },
      },
    ]);
    const [pin] = (await tenant.call('GET', '/v1/context/items?kind=note')).body.data;
    const summary = { model: 'sim/fast', max_tokens: 50 };
    const queries = [{ query: 'deploys', top_k: 3 }];
    const set = { pinned_items: [pin.id], queries, token_budget: 600, summary };
    await tenant.call('POST', '/v1/context/working-sets', { name: 'operator', ...set });
    const file = await exportLines();
    const target = await newTenant();
    const imported = await target.call('POST', '/v1/context/import', file.body.text, ndjson);
    expect([imported.status, imported.body]).toMatchObject([
      202,
      { imported: 4, duplicates: 0, job: { total: 4 }, working_sets: { imported: 1, duplicates: 0 } },
    ]);
    const withoutIds = (answer: Answer) =>
      linesOf(answer).map((line) => ({
        ...line,
        id: undefined,
        pinned_items: line.pinned_items?.map((pinned: Json) => ({ ...pinned, id: undefined })),
      }));
    const there = await exportLines(target);
    expect(withoutIds(there)).toEqual(withoutIds(file));
    await until(
      'the import to be embedded',
      () => target.call('GET', imported.body.job.status_url),
      ({ body }) => body.status === 'completed',
    );
    const recalled = await target.call('POST', '/v1/context/recall', {
      query: 'when do we release?',
      top_k: 1,
    });
    expect(recalled.body.items[0]).toMatchObject({ title: 'Deploys' });
    const again = await target.call('POST', '/v1/context/import', file.body.text, ndjson);
    expect(again.body).toMatchObject({ imported: 0, duplicates: 4, working_sets: { duplicates: 1 } });
    expect((await exportLines(target)).body).toEqual(there.body);
    const block = await target.call('GET', '/v1/context/working-sets/operator/render');
    expect(block.body.items[0]).toMatchObject({ title: 'Deploys', wanted_by: 'pinned' });
  });

  it('select as a forget does', async () => {
    await store([{ content: 'one', session: 's' }, { content: 'two' }]);
    const { body } = await exportLines(tenant, '?session=s&created_before=2099-01-01T00:00:00Z');
    expect(body.text).toContain('"one"');
    expect(body.text).not.toContain('"two"');
    const bad = await tenant.call('GET', '/v1/context/export?created_after=soon');
    expect([bad.status, bad.body.error.param]).toEqual([400, 'created_after']);
  });

  it.each([
    ['{"content":"a"}\n{"content":', 'line_2'],
    ['{"content":"a"}\n\n{"content":""}\n', 'line_3.content'],
    ['{"content":"a"}\n{"content":"b","importance":2}', 'line_2.importance'],
    ['{"content":"a","nope":1}', 'line_1.nope'],
    ['{"content":"a"}\n{"object":"context.receipt","id":"b"}', 'line_2.object'],
    [
      '{"content":"a"}\n{"object":"context.working_set","name":"b","pinned_items":[{"id":"c"}]}',
      'line_2.pinned_items[0]',
    ],
    ['{"content":"a"}\n{"content":"b","session_position":1}', 'line_2.session_position'],
    ['{"content":"a"}\n{"content":"b\\u0000"}', 'line_2.content'],
    ['{"content":"a"}\n[]', 'line_2'],
    [
      '{"content":"a"}\n{"content":"b","metadata":{"k":{"k":{"k":{"k":{"k":{"k":{"k":{"k":{"k":1}}}}}}}}}}',
      'line_2.metadata',
    ],
    ['\n', null],
  ])('refuse all lines for the bad one: %j', async (text, param) => {
    const answer = await tenant.call('POST', '/v1/context/import', text, ndjson);
    expect([answer.status, answer.body.error?.param]).toEqual([400, param]);
    expect((await tenant.call('GET', '/v1/context/items')).body.data).toEqual([]);
  });

  it('refuse a body that is not lines, and one that is too large', async () => {
    expect((await tenant.call('POST', '/v1/context/import', { content: 'x' })).status).toBe(415);
    expect((await tenant.call('POST', '/v1/context/items', '{"content":"x"}', ndjson)).status).toBe(415);
    const large = 'x'.repeat(11 * 1024 * 1024);
    expect((await tenant.call('POST', '/v1/context/import', large, ndjson)).status).toBe(413);
    const many = '{"content":"x"}\n'.repeat(10_001);
    expect((await tenant.call('POST', '/v1/context/import', many, ndjson)).status).toBe(400);
  });
});
