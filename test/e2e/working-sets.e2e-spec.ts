import { readFile } from 'node:fs/promises';
import OpenAI from 'openai';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { putModel, target } from './models.harness.js';
import { failureOf, http, newTenant, type Json, type Tenant, until, upstreamCalls } from './tenant.js';

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

describe('the summary of a working set', () => {
  let tenant: Tenant;
  let items: string[];
  const set = (change: object) => tenant.call('PATCH', '/v1/context/working-sets/rules', change);
  const render = async () => (await tenant.call('GET', '/v1/context/working-sets/rules/render')).body;
  const rule = (i: number) =>
    `Rule ${i} of ${tenant.keyId}: feed giraffe ${i} at ${i} in the morning, never later.`;
  const ask = (user: string) =>
    tenant.openai.chat.completions
      .create(
        { model: 'sim/fast', user, messages: [{ role: 'user', content: 'What applies?' }] },
        { headers: { 'x-context-working-set': 'rules' } },
      )
      .withResponse();
  /** Calls upstream that nobody but the gateway made. */
  const summariesAsked = async (): Promise<Json[]> => {
    const { body } = await http('GET', `${inject('simulatorUrl')}/__control/calls`);
    return body.calls.filter(
      (call: Json) => call.user === null && JSON.stringify(call.body).includes(`of ${tenant.keyId}`),
    );
  };

  beforeAll(async () => {
    tenant = await newTenant({ key: { allowed_models: ['sim/fast', 'brief'] } });
    await putModel(tenant, 'brief', { targets: [target('demo/echo-with-context')] });
    // More than the budget holds also when one is gone, however many tokens the key's id happens to be.
    const { body } = await tenant.call('POST', '/v1/context/items?wait=true', {
      items: Array.from({ length: 8 }, (_, i) => ({ content: rule(i) })),
    });
    items = body.items.map(({ id }: Json) => id);
    const rules = { name: 'rules', pinned_items: items, token_budget: 160 };
    expect((await tenant.call('POST', '/v1/context/working-sets', rules)).body).toMatchObject({
      summary: null,
    });
  });

  it('is made behind the first call that lacks it, once, and stands in the next', async () => {
    await ask(`off-${tenant.keyId}`);
    const wish = { model: 'brief', max_tokens: 40 };
    expect((await set({ summary: wish })).body).toMatchObject({ summary: wish });
    await Promise.all([1, 2, 3].map(() => ask(`first-${tenant.keyId}`)));
    const { summary, context, dropped } = await until('the summary', render, (seen) => seen.summary !== null);
    expect(summary).toMatchObject({ model: 'demo/echo-with-context', version: 2, stale: false });
    const { response } = await ask(`second-${tenant.keyId}`);
    const [call] = await upstreamCalls(`second-${tenant.keyId}`);
    expect(call.body.messages[0].content).toBe(context.text);
    expect(context.text).toContain('\nSummary, by a model, of entries that are not shown');
    expect(context.tokens).toBeLessThanOrEqual(160);
    const receipt = await tenant.call(
      'GET',
      `/v1/context/receipts/${response.headers.get('x-context-receipt')}`,
    );
    const { version: _, stale: __, ...named } = summary;
    expect(receipt.body.working_set).toMatchObject({ name: 'rules', summary: named });
    // One call upstream, behind those that wished it: of what was left out, for the model that was named.
    const asked = await summariesAsked();
    expect(asked).toMatchObject([{ body: { model: 'demo/echo-with-context', max_tokens: 40 } }]);
    const left = dropped.map(({ id }: Json) => items.indexOf(id));
    expect(left.length).toBeGreaterThan(0);
    for (const i of left) expect(asked[0].body.messages[1].content).toContain(rule(i));
  });

  it('is in the ledger, as a call of the key that used the set', async () => {
    const report = await until(
      'the calls in the ledger',
      () => tenant.call('GET', '/v1/usage?group_by=key,model'),
      ({ body }) => body.data.reduce((sum: number, { requests }: Json) => sum + requests, 0) === 6,
    );
    const row = report.body.data.find(({ model }: Json) => model === 'demo/echo-with-context');
    const [asked] = await summariesAsked();
    expect(row).toMatchObject({
      key_id: tenant.keyId,
      requests: 1,
      prompt_tokens: asked.prompt_tokens,
      completion_tokens: asked.completion_tokens,
    });
  });

  it('goes with an item that it was made of, and the certificate says so', async () => {
    const { dropped } = await render();
    const [{ id }] = dropped;
    await tenant.call('PATCH', `/v1/context/items/${id}`, { metadata: { person: 7 } });
    expect((await render()).summary).not.toBeNull();
    const erasure = await tenant.call('POST', '/v1/context/forget', { filter: { person: 7 } });
    expect(erasure.body.counts).toMatchObject({ items: 1, context_set_summaries: 1 });
    expect((await render()).summary).toBeNull();
  });

  it('is not made by a key that may not use its model; the call itself is answered', async () => {
    expect((await set({ summary: { model: 'sim/small-context', max_tokens: 40 } })).status).toBe(200);
    const { data } = await ask(`refused-${tenant.keyId}`);
    expect(data.choices[0]?.message.content).toContain('What applies?');
    await until(
      'the refusal in the log',
      () => readFile(`${inject('logDirectory')}/gateway-1.log`, 'utf8'),
      (log) =>
        log
          .split('\n')
          .some((line) => line.includes('working_set_summary_failed') && line.includes(tenant.keyId)),
    );
    expect(await summariesAsked()).toHaveLength(1);
  });
});
