import { BadRequestError, RateLimitError } from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { failureOf, newTenant, type Tenant, tokensInLedger, upstreamCalls } from './tenant.js';

describe('text completions with the openai SDK', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await newTenant();
  });

  it.each<[string, string | string[] | number[], string[]]>([
    ['a text', 'once upon', ['You said: once upon']],
    ['texts', ['a', 'b'], ['You said: b', 'You said: b']],
    ['tokens', [1, 2, 3], ['You said: 1 2 3']],
  ])('answers %s, and is one call in the ledger', async (_what, prompt, texts) => {
    const fresh = await newTenant();
    const { data, response } = await fresh.openai.completions
      .create({ model: 'sim/fast', prompt, max_tokens: 50 })
      .withResponse();
    expect(data.object).toBe('text_completion');
    expect(data.choices.map(({ text }) => text)).toEqual(texts);
    expect(response.headers.get('x-ratelimit-remaining-requests')).toMatch(/^\d+$/);
    expect(await tokensInLedger(fresh)).toBe(data.usage?.total_tokens);
  });

  it('streams, without the count that nobody asked for', async () => {
    const stream = await tenant.openai.completions.create({
      model: 'sim/fast',
      prompt: 'one two three',
      stream: true,
    });
    const chunks = await Array.fromAsync(stream);
    expect(chunks.map(({ choices }) => choices[0]?.text).join('')).toBe('You said: one two three');
    expect(chunks.every(({ choices }) => choices.length === 1)).toBe(true);
  });

  it('passes the body on byte for byte, to the upstream’s own text door', async () => {
    const user = `text-${tenant.keyId}`;
    const body = `{"model":"sim/fast" , "prompt":"caf\\u00e9","user":"${user}","seed":12345678901234567890}`;
    expect((await tenant.call('POST', '/v1/completions', body)).status).toBe(200);
    const [call] = await upstreamCalls(user);
    expect([call.path, call.received_bytes]).toEqual(['/api/v1/completions', Buffer.byteLength(body)]);
  });

  it('refuses a bad prompt and memory, and is held to the quota', async () => {
    const create = (body: object) =>
      tenant.openai.completions.create({ model: 'sim/fast', prompt: 'x', ...body });
    const bad = await failureOf(create({ prompt: ['a', { b: 1 }] }));
    expect(bad).toBeInstanceOf(BadRequestError);
    expect(bad).toMatchObject({ param: 'prompt[1]' });
    expect(await failureOf(create({ context: { recall: true } }))).toMatchObject({ param: 'context' });
    const headers = { 'x-context-recall': 'true' };
    const wished = await tenant.call('POST', '/v1/completions', { model: 'sim/fast', prompt: 'x' }, headers);
    expect([wished.status, wished.body.error.param]).toEqual([400, 'context']);
    const poor = await newTenant({ workspace: { daily_token_quota: 100 } });
    const costly = poor.openai.completions.create({ model: 'sim/fast', prompt: ['a', 'b'], max_tokens: 60 });
    expect(await failureOf(costly)).toBeInstanceOf(RateLimitError);
  });
});
