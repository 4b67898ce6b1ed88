import { readFile } from 'node:fs/promises';
import type OpenAI from 'openai';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { elsewhere, failure, ids, putModel, target } from './models.harness.js';
import { admin, newTenant, type Tenant, until, upstreamCalls } from './tenant.js';

let tenant: Tenant;
beforeAll(async () => {
  tenant = await newTenant();
});

const ask = (
  client: OpenAI,
  model: string,
  extra: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> & Record<string, unknown> = {},
) => client.chat.completions.create({ model, messages: [{ role: 'user', content: 'hi' }], ...extra });

let users = 0;
const newUser = (owner = tenant) => `models-${(users += 1)}-${owner.keyId}`;

describe('the catalogue', () => {
  it('is loaded from what the worker stored, and both say so in their logs', async () => {
    const lines = (file: string, words: string) =>
      until(
        `model_sync in ${file}`,
        () => readFile(`${inject('logDirectory')}/${file}`, 'utf8'),
        (text) => text.split('\n').some((line) => line.includes('"model_sync"') && line.includes(words)),
      );
    await lines('worker.log', '"outcome":"synced"');
    await lines('gateway-1.log', '"source":"database"');
    expect(await tenant.openai.models.retrieve('sim/small-context')).toMatchObject({
      id: 'sim/small-context',
      object: 'model',
      owned_by: 'sim',
      context_length: 1_024,
      pricing: { prompt: '0.0000005' },
    });
  });

  it('lets names pass that it does not know: only the upstream knows what it serves', async () => {
    for (const model of ['brand/new-model', 'sim/fast:nitro', '~sim/x-latest', 'openrouter/auto']) {
      const user = newUser();
      const error = await failure(ask(tenant.openai, model, { user }));
      expect([error.status, error.message]).toEqual([
        400,
        expect.stringContaining('is not a valid model ID'),
      ]);
      expect((await upstreamCalls(user))[0]).toMatchObject({ model });
    }
  });
});

describe('virtual models', () => {
  it('an alias goes upstream as its target; answer and ledger name what served', async () => {
    const owner = await newTenant();
    await putModel(owner, 'gpt-4o', { targets: [target('sim/fast')] });
    const user = newUser(owner);
    expect((await ask(owner.openai, 'gpt-4o', { user })).model).toBe('sim/fast');
    const stream = await owner.openai.chat.completions.create({
      model: 'gpt-4o',
      stream: true,
      user,
      messages: [{ role: 'user', content: 'hi' }],
    });
    for await (const chunk of stream) expect(chunk.model).toBe('sim/fast');
    expect((await upstreamCalls(user)).map(({ body }) => body.model)).toEqual(['sim/fast', 'sim/fast']);
    const report = await until(
      'both calls in the ledger',
      () => owner.call('GET', '/v1/usage?group_by=model'),
      ({ body }) => body.data?.[0]?.requests === 2,
    );
    expect(report.body.data).toMatchObject([{ model: 'sim/fast' }]);
  });

  it('a change holds on every gateway within two seconds', async () => {
    await putModel(tenant, 'moving', { targets: [target('sim/fast')] });
    const there = elsewhere(tenant);
    expect((await ask(there, 'moving')).model).toBe('sim/fast');
    await putModel(tenant, 'moving', { targets: [target('sim/vendor-b/slash-model')] });
    await until(
      'the new target',
      async () => (await ask(there, 'moving')).model,
      (model) => model === 'sim/vendor-b/slash-model',
      2_000,
    );
    await admin('DELETE', `/admin/workspaces/${tenant.workspaceId}/models/moving`);
    await until(
      'its end',
      () => ids(there),
      (seen) => !seen.includes('moving'),
      2_000,
    );
  });

  it('a weighted one uses each of its targets, and none of weight 0', async () => {
    const targets = [
      target('sim/fast', 1),
      target('sim/vendor-b/slash-model', 1),
      target('sim/small-context', 0),
    ];
    await putModel(tenant, 'split', { strategy: 'weighted', targets });
    const seen = new Set<string>();
    await until(
      'both targets',
      async () => seen.add((await ask(tenant.openai, 'split')).model),
      (models) => models.size >= 2,
    );
    expect([...seen].toSorted()).toEqual(['sim/fast', 'sim/vendor-b/slash-model']);
  });

  it('works in `models`, and in embeddings', async () => {
    await putModel(tenant, 'quick', { targets: [target('sim/fast')] });
    await putModel(tenant, 'text-embedding-3-small', { targets: [target('sim/embed')] });
    const user = newUser();
    const chain = { models: ['quick', 'sim/small-context'], user, model: undefined };
    const answer = await tenant.call('POST', '/v1/chat/completions', {
      ...chain,
      messages: [{ role: 'user', content: 'hi' }],
    });
    expect(answer.body.model).toBe('sim/fast');
    const [call] = await upstreamCalls(user);
    expect(call.body).toMatchObject({ model: 'sim/fast' });
    expect(call.body).not.toHaveProperty('models');
    const { data } = await tenant.openai.embeddings.create({ model: 'text-embedding-3-small', input: 'x' });
    expect(data[0]?.embedding).toHaveLength(384);
  });

  it('the default is used when the body names no model', async () => {
    const owner = await newTenant();
    const messages = [{ role: 'user', content: 'hi' }];
    const unnamed = (extra: object = {}) =>
      owner.call('POST', '/v1/chat/completions', { messages, ...extra });
    expect(await unnamed()).toMatchObject({ status: 400, body: { error: { param: 'model' } } });
    await putModel(owner, 'usual', { targets: [target('sim/fast')] });
    const path = `/admin/workspaces/${owner.workspaceId}`;
    for (const [model, served] of [
      ['usual', 'sim/fast'],
      ['sim/vendor-b/slash-model', 'sim/vendor-b/slash-model'],
    ]) {
      expect(await admin('PUT', `${path}/default-model`, { model })).toMatchObject({ body: { model } });
      const answer = await until('the default', unnamed, ({ body }) => body.model === served, 2_000);
      expect(answer.status).toBe(200);
      expect((await unnamed({ model: null, stream: false })).body.model).toBe(served);
    }
    expect((await admin('GET', path)).body).toMatchObject({ default_model: 'sim/vendor-b/slash-model' });
    await admin('PUT', `${path}/default-model`, { model: null });
    await until('no default', unnamed, ({ status }) => status === 400, 2_000);
  });

  it('means the same behind every door', async () => {
    const owner = await newTenant();
    await putModel(owner, 'claude-any', {
      targets: [target('sim/fast'), target('sim/vendor-b/slash-model')],
    });
    await admin('PUT', `/admin/workspaces/${owner.workspaceId}/default-model`, { model: 'claude-any' });
    const messages = [{ role: 'user', content: 'hi' }];
    const bodies: [string, object][] = [
      ['/v1/responses', { input: 'hi' }],
      ['/v1/messages', { max_tokens: 50, messages }],
      ['/v1/completions', { prompt: 'hi' }],
    ];
    for (const [path, body] of bodies) {
      const named = await owner.call('POST', path, { ...body, model: 'claude-any' });
      expect([path, named.status, named.body.model]).toEqual([path, 200, 'sim/fast']);
      const unnamed = () => owner.call('POST', path, body);
      const answer = await until('the default', unnamed, ({ status }) => status === 200, 2_000);
      expect(answer.body.model).toBe('sim/fast');
    }
  });

  it('a stranger’s name means nothing', async () => {
    await putModel(tenant, 'ours', { targets: [target('sim/fast')] });
    const stranger = await newTenant();
    expect(await ids(stranger.openai)).not.toContain('ours');
    expect((await failure(stranger.openai.models.retrieve('ours'))).code).toBe('model_not_found');
    expect((await failure(ask(stranger.openai, 'ours'))).message).toContain('not a valid model ID');
  });
});

describe('what a key may name', () => {
  it('is what its list holds: a virtual name opens its targets through it only', async () => {
    const owner = await newTenant({ key: { allowed_models: ['team/fast'] } });
    await putModel(owner, 'team/fast', { targets: [target('sim/fast'), target('sim/small-context')] });
    expect(await ids(owner.openai)).toEqual(['team/fast']);
    expect(await owner.openai.models.retrieve('team/fast')).toMatchObject({
      id: 'team/fast',
      object: 'model',
      owned_by: 'workspace',
      context_length: 128_000,
    });
    expect((await ask(owner.openai, 'team/fast')).model).toBe('sim/fast');
    for (const model of ['sim/fast', 'sim/small-context', 'brand/new']) {
      const error = await failure(ask(owner.openai, model));
      expect([error.status, error.code]).toEqual([403, 'model_not_allowed']);
      expect((await failure(owner.openai.models.retrieve(model))).code).toBe('model_not_found');
    }
    const chain = await failure(ask(owner.openai, 'team/fast', { models: ['sim/fast'] }));
    expect(chain.code).toBe('model_not_allowed');
  });

  it('holds for real names beside, for a default, and for embeddings', async () => {
    const owner = await newTenant({ key: { allowed_models: ['sim/fast'] } });
    const other = await admin('PUT', `/admin/workspaces/${owner.workspaceId}/models/wide`, {
      targets: [target('sim/fast')],
    });
    expect(other.status).toBe(200);
    await admin('PUT', `/admin/workspaces/${owner.workspaceId}/default-model`, { model: 'wide' });
    const unnamed = () =>
      owner.call('POST', '/v1/chat/completions', { messages: [{ role: 'user', content: 'hi' }] });
    const refused = await until('the default', unnamed, ({ status }) => status !== 400, 2_000);
    expect([refused.status, refused.body.error.code]).toEqual([403, 'model_not_allowed']);
    expect(await ids(owner.openai)).toEqual(['sim/fast']);
    const error = await failure(owner.openai.embeddings.create({ model: 'sim/embed', input: 'x' }));
    expect(error.code).toBe('model_not_allowed');
  });
});

describe('the context window', () => {
  const long = 'word '.repeat(2_000);
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: long }];

  it('refuses what is certainly too long before it goes upstream', async () => {
    const user = newUser();
    const error = await failure(ask(tenant.openai, 'sim/small-context', { messages, user }));
    expect(error).toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
      type: 'invalid_request_error',
      param: 'messages',
      message: expect.stringMatching(
        /This model's maximum context length is 1024 tokens\. However, your messages resulted in about 20\d\d tokens\./,
      ),
    });
    const asked = { max_tokens: 5_000, user };
    expect((await failure(ask(tenant.openai, 'sim/small-context', asked))).message).toMatch(
      /you requested about 50\d\d tokens \(\d+ in the messages, 5000 in the completion\)/,
    );
    expect(await upstreamCalls(user)).toEqual([]);
  });

  it('says so behind the other doors, in their words', async () => {
    const model = 'sim/small-context';
    const text = await tenant.call('POST', '/v1/completions', { model, prompt: long });
    expect(text).toMatchObject({
      status: 400,
      body: { error: { code: 'context_length_exceeded', param: 'prompt' } },
    });
    const several = await tenant.call('POST', '/v1/completions', {
      model,
      prompt: Array(9).fill('word '.repeat(200)),
    });
    expect(several.body.error?.message ?? '').not.toContain('your prompt resulted');
    const anthropic = await tenant.call('POST', '/v1/messages', { model, max_tokens: 9, messages });
    expect(anthropic).toMatchObject({ status: 400, body: { error: { type: 'invalid_request_error' } } });
  });

  it('takes the fallback that is large enough, and refuses when none is', async () => {
    await putModel(tenant, 'roomy', { targets: [target('sim/small-context'), target('sim/fast')] });
    expect((await ask(tenant.openai, 'roomy')).model).toBe('sim/small-context');
    expect((await ask(tenant.openai, 'roomy', { messages })).model).toBe('sim/fast');
    const user = newUser();
    const error = await failure(ask(tenant.openai, 'roomy', { max_tokens: 200_000, user }));
    expect([error.code, error.message]).toEqual([
      'context_length_exceeded',
      expect.stringContaining('maximum context length is 128000 tokens'),
    ]);
    expect(await upstreamCalls(user)).toEqual([]);
  });

  it('leaves a chain of OpenRouter’s own, and a prompt that is to be compressed, to OpenRouter', async () => {
    const chain = { models: ['sim/fast'], messages };
    expect((await ask(tenant.openai, 'sim/small-context', chain)).model).toBe('sim/fast');
    const user = newUser();
    await failure(ask(tenant.openai, 'sim/small-context', { messages, transforms: ['middle-out'], user }));
    expect(await upstreamCalls(user)).toHaveLength(1);
  });

  it('recalls no more than fits beside the prompt', async () => {
    for (let i = 0; i < 6; i += 1) {
      const content = `The harbour log, page ${i}: ${`ships came in from port number ${i} `.repeat(20)}`;
      await tenant.call('POST', '/v1/context/items?wait=true', { content });
    }
    const answer = await tenant.call('POST', '/v1/chat/completions', {
      model: 'sim/small-context',
      context: { recall: true, token_budget: 5_000 },
      messages: [{ role: 'user', content: `Which ships came into the harbour? ${'word '.repeat(500)}` }],
    });
    expect(answer.status).toBe(200);
    const tokens = Number(answer.headers.get('x-context-tokens'));
    expect(tokens).toBeGreaterThan(0);
    expect(tokens).toBeLessThan(500);
  });
});
