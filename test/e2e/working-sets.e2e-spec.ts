import OpenAI from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { failureOf, newTenant, type Json, type Tenant, until, upstreamCalls } from './tenant.js';

describe('a working set, from its making to the prompt', () => {
  let tenant: Tenant;
  let items: string[];
  const store = async (...bodies: object[]): Promise<string[]> => {
    const { body } = await tenant.call('POST', '/v1/context/items?wait=true', { items: bodies });
    return body.items.map(({ id }: Json) => id);
  };
  const render = (set = 'support', query = '') =>
    tenant.call('GET', `/v1/context/working-sets/${set}/render${query}`);
  const ask = (user: string, context: object, question = 'What applies?') =>
    tenant.openai.chat.completions
      .create({
        model: 'sim/fast',
        user,
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: question },
        ],
        // @ts-expect-error the gateway's extension of the body
        context,
      })
      .withResponse();
  const promptOf = async (user: string): Promise<Json[]> =>
    (await upstreamCalls(user)).map(({ body }) => body.messages);
  const receiptOf = (response: Response) =>
    tenant.call('GET', `/v1/context/receipts/${response.headers.get('x-context-receipt')}`);

  beforeAll(async () => {
    tenant = await newTenant();
    items = await store(
      { content: 'Be kind to everybody.', title: 'House rule' },
      { content: 'Refunds are paid within thirty days.', title: 'Refunds' },
      { content: 'The cafeteria serves soup on Fridays.', title: 'Soup' },
    );
    const made = await tenant.call('POST', '/v1/context/working-sets', {
      name: 'support',
      pinned_items: [items[0]],
      queries: [{ query: 'How long do refunds take?', top_k: 1 }],
      token_budget: 200,
    });
    expect([made.status, made.body]).toMatchObject([201, { object: 'context.working_set', name: 'support' }]);
  });

  it('shows its block, with citations and what was left out', async () => {
    const { body } = await render('support', '?model=openai/gpt-4');
    expect(body).toMatchObject({ object: 'context.working_set.block', model: 'openai/gpt-4', dropped: [] });
    expect(body.items.map(({ id, wanted_by }: Json) => [id, wanted_by])).toEqual([
      [items[0], 'pinned'],
      [items[1], 'query'],
    ]);
    expect(body.context.citations.map(({ id }: Json) => id).toSorted()).toEqual(items.slice(0, 2).toSorted());
    expect(body.context.tokens).toBeLessThanOrEqual(200);
    await tenant.call('PATCH', '/v1/context/working-sets/support', { token_budget: 60 });
    expect((await render()).body).toMatchObject({ dropped: [{ id: items[1], reason: 'over_budget' }] });
    await tenant.call('PATCH', '/v1/context/working-sets/support', { token_budget: 200 });
  });

  it('goes into calls that name it, before the last user message, the same bytes each time', async () => {
    const user = `set-${tenant.keyId}`;
    const { response } = await ask(user, { working_set: 'support' });
    const { body: block } = await render();
    await ask(user, { working_set: block.id }, 'Something else entirely?');
    await tenant.openai.chat.completions.create(
      { model: 'sim/fast', user, messages: [{ role: 'user', content: 'By header?' }] },
      { headers: { 'x-context-working-set': 'support' } },
    );
    const [first, second, third] = await promptOf(user);
    expect(first.map(({ role }: Json) => role)).toEqual(['system', 'user', 'user']);
    expect(first[1].content).toBe(block.context.text);
    expect([second[1].content, third[0].content]).toEqual([block.context.text, block.context.text]);
    expect(first.at(-1).content).toBe('What applies?');
    expect(Number(response.headers.get('x-context-tokens'))).toBe(block.context.tokens);
    expect(response.headers.get('x-context-items')).toBe('2');
    const receipt = await until(
      'the receipt',
      () => receiptOf(response),
      ({ status }) => status === 200,
    );
    expect(receipt.body).toMatchObject({
      working_set: { id: block.id, name: 'support', version: block.version },
      query: null,
      tokens: block.context.tokens,
    });
    expect(receipt.body.items.map(({ id }: Json) => id).toSorted()).toEqual(items.slice(0, 2).toSorted());
  });

  it('goes with recall, in one message, no item twice, the numbers running on', async () => {
    const user = `both-${tenant.keyId}`;
    const { response } = await ask(
      user,
      { working_set: 'support', recall: true },
      'Refunds, and soup on Fridays?',
    );
    const [messages] = await promptOf(user);
    const { content } = messages[1];
    expect(content.startsWith((await render()).body.context.text)).toBe(true);
    for (const text of ['Be kind', 'thirty days', 'serves soup']) expect(content.split(text)).toHaveLength(2);
    expect(content.match(/^\[\d+\]/gm)).toEqual(['[1]', '[2]', '[3]']);
    const receipt = await until(
      'the receipt',
      () => receiptOf(response),
      ({ status }) => status === 200,
    );
    expect(receipt.body.items.map(({ id }: Json) => id).toSorted()).toEqual(items.toSorted());
  });

  it('goes through the other doors, too', async () => {
    const question = { model: 'demo/echo-with-context', max_tokens: 400 };
    const named = { 'x-context-working-set': 'support' };
    const messages = [{ role: 'user', content: 'What applies?' }];
    for (const answer of [
      await tenant.call('POST', '/v1/messages', { ...question, messages }, named),
      await tenant.call('POST', '/v1/responses', { model: question.model, input: 'What applies?' }, named),
    ]) {
      expect(answer.status).toBe(200);
      expect(JSON.stringify(answer.body)).toContain('Be kind to everybody.');
    }
  });

  it('is a 404 that names the field, where there is none of the name', async () => {
    const error = await failureOf(ask('nobody', { working_set: 'nowhere' }));
    expect(error).toBeInstanceOf(OpenAI.NotFoundError);
    expect(error).toMatchObject({ status: 404, param: 'context.working_set', code: 'not_found' });
  });

  it('is kept fresh by the worker, and never shows what was deleted', async () => {
    const made = await tenant.call('POST', '/v1/context/working-sets', {
      name: 'fresh',
      queries: [{ query: 'giraffes' }, { query: 'okapis' }],
    });
    expect(made.status).toBe(201);
    const [id = ''] = await store({ content: 'Giraffes are fed at noon.', title: 'Giraffes' });
    const fed = await until(
      'the item in the set',
      () => render('fresh'),
      ({ body }) => body.context.text.includes('at noon') && !body.stale,
    );
    await tenant.call('DELETE', `/v1/context/items/${id}`);
    expect((await render('fresh')).body.context.text).not.toContain('at noon');
    const user = `fresh-${tenant.keyId}`;
    await ask(user, { working_set: 'fresh' });
    expect(JSON.stringify(await promptOf(user))).not.toContain('at noon');
    const left = await until(
      'the set to know',
      () => render('fresh'),
      ({ body }) => !body.stale,
    );
    expect(left.body.version).toBeGreaterThan(fed.body.version);
  });

  it('is for keys that may read memory to see, for those that may write to change', async () => {
    const reader = await newTenant({ key: { scopes: ['context:read'] } });
    expect((await reader.call('GET', '/v1/context/working-sets')).status).toBe(200);
    expect((await reader.call('POST', '/v1/context/working-sets', { name: 'a' })).status).toBe(403);
    const chatter = await newTenant({ key: { scopes: ['chat'] } });
    const refused = await failureOf(
      chatter.openai.chat.completions.create(
        { model: 'sim/fast', messages: [{ role: 'user', content: 'x' }] },
        { headers: { 'x-context-working-set': 'support' } },
      ),
    );
    expect(refused).toMatchObject({ status: 403 });
  });
});
