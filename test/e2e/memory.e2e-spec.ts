import { beforeAll, describe, expect, it } from 'vitest';
import { newTenant, type Json, type Tenant, until, upstreamCalls } from './tenant.js';

describe('memory, from storing to the reply', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await newTenant();
    const stored = await tenant.call('POST', '/v1/context/items?wait=true', {
      items: [
        {
          content: 'Our deploys go out on Tuesdays at ten in the morning.',
          title: 'Deploys',
          metadata: { topic: 'ops' },
        },
        { content: 'The cafeteria serves soup on Fridays.', metadata: { topic: 'food' } },
        { content: 'Invoices are paid within thirty days.', metadata: { topic: 'money' } },
      ],
    });
    expect(stored.status).toBe(201);
    expect(stored.body.job.status).toBe('completed');
  });

  it('recalls by meaning and by word, with the score of each leg', async () => {
    const answer = await tenant.call('POST', '/v1/context/recall', {
      query: 'when do we release software?',
      top_k: 2,
    });
    expect(answer.status).toBe(200);
    const [first] = answer.body.items;
    expect(first).toMatchObject({ title: 'Deploys', metadata: { topic: 'ops' } });
    expect(first.scores).toMatchObject({ dense: expect.any(Number) });
    expect(answer.body.items).toHaveLength(2);
    expect(answer.body.context.text).toContain('Tuesdays');
    expect(answer.body.context.citations[0]).toMatchObject({ id: first.id });
    expect(answer.body.degraded).toEqual([]);
  });

  it('filters by metadata and keeps the budget', async () => {
    const filtered = await tenant.call('POST', '/v1/context/recall', {
      query: 'deploys',
      filter: { topic: 'food' },
    });
    expect(filtered.body.items.map((item: Json) => item.metadata.topic)).toEqual(['food']);
    const tight = await tenant.call('POST', '/v1/context/recall', {
      query: 'deploys soup invoices',
      token_budget: 60,
    });
    expect(tight.body.context.tokens).toBeLessThanOrEqual(60);
  });

  it('puts what it recalled just before the last user message, and says so in a receipt', async () => {
    const user = `inject-${tenant.keyId}`;
    const { data, response } = await tenant.openai.chat.completions
      .create({
        model: 'demo/echo-with-context',
        user,
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'When do deploys go out?' },
        ],
        // @ts-expect-error the gateway's extension of the body
        context: { recall: true, token_budget: 400 },
      })
      .withResponse();
    expect(data.choices[0]?.message.content).toContain('Tuesdays at ten');
    const [call] = await upstreamCalls(user);
    expect(call.body.context).toBeUndefined();
    expect(call.body.messages.map((message: Json) => message.role)).toEqual(['system', 'user', 'user']);
    expect(call.body.messages[0].content).toBe('Be brief.');
    expect(call.body.messages[1].content).toMatch(/^<recalled_context[^]*<\/recalled_context>$/);
    expect(call.body.messages[2].content).toBe('When do deploys go out?');

    expect(Number(response.headers.get('x-context-tokens'))).toBeGreaterThan(0);
    expect(Number(response.headers.get('x-context-items'))).toBeGreaterThan(0);
    const receipt = await tenant.call(
      'GET',
      `/v1/context/receipts/${response.headers.get('x-context-receipt')}`,
    );
    expect(receipt.status).toBe(200);
    expect(receipt.body.items[0]).toMatchObject({ version: 1 });
    expect(receipt.body.tokens).toBe(Number(response.headers.get('x-context-tokens')));
  });

  it('takes the same wishes as headers, and streams', async () => {
    const stream = await tenant.openai.chat.completions.create(
      {
        model: 'demo/echo-with-context',
        stream: true,
        messages: [{ role: 'user', content: 'When do deploys go out?' }],
      },
      { headers: { 'x-context-recall': 'true', 'x-context-token-budget': '300' } },
    );
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toContain('Tuesdays at ten');
  });

  it('a plain call recalls nothing and costs no context', async () => {
    const { response } = await tenant.openai.chat.completions
      .create({ model: 'sim/fast', messages: [{ role: 'user', content: 'When do deploys go out?' }] })
      .withResponse();
    expect(response.headers.get('x-context-tokens')).toBe('0');
    const receipt = await tenant.call(
      'GET',
      `/v1/context/receipts/${response.headers.get('x-context-receipt')}`,
    );
    expect(receipt.body).toMatchObject({ tokens: 0, items: [] });
  });

  it('save: true stores the turn, and a later session recalls it', async () => {
    await tenant.openai.chat.completions.create({
      model: 'sim/fast',
      messages: [{ role: 'user', content: 'My bicycle is painted turquoise.' }],
      // @ts-expect-error the gateway's extension of the body
      context: { recall: false, session: 'monday', save: true },
    });
    const saved = await until(
      'the turn to be stored',
      () => tenant.call('GET', '/v1/context/items?session=monday'),
      (answer) => answer.body.data?.length === 2,
    );
    expect(saved.body.data.map((item: Json) => item.metadata.role).toSorted()).toEqual(['assistant', 'user']);
    const answer = await tenant.call('POST', '/v1/context/recall', {
      query: 'What colour is my bicycle?',
      top_k: 2,
    });
    expect(answer.body.items[0].content).toContain('turquoise');
  });

  it('nobody else sees it', async () => {
    const other = await newTenant();
    const recalled = await other.call('POST', '/v1/context/recall', { query: 'deploys Tuesdays' });
    expect(recalled.body).toMatchObject({ items: [], context: { tokens: 0 } });
    const [item] = (await tenant.call('GET', '/v1/context/items?limit=1')).body.data;
    for (const method of ['GET', 'DELETE']) {
      expect((await other.call(method, `/v1/context/items/${item.id}`)).status).toBe(404);
    }
    expect((await other.call('PATCH', `/v1/context/items/${item.id}`, { title: 'mine' })).status).toBe(404);
  });

  it('deleted is gone', async () => {
    const stored = await tenant.call('POST', '/v1/context/items?wait=true', {
      content: 'The vault code is kept by Ingrid.',
    });
    const [{ id }] = stored.body.items;
    expect((await tenant.call('DELETE', `/v1/context/items/${id}`)).status).toBe(200);
    expect((await tenant.call('GET', `/v1/context/items/${id}`)).status).toBe(404);
    const recalled = await tenant.call('POST', '/v1/context/recall', { query: 'Who keeps the vault code?' });
    expect(JSON.stringify(recalled.body.items)).not.toContain('Ingrid');
  });
});
