import { describe, expect, inject, it } from 'vitest';
import { type Answer, http, newTenant, type Tenant } from './tenant.js';

const hello = { model: 'sim/fast', messages: [{ role: 'user', content: 'hi' }] };
const chat = (tenant: Tenant, extra: object = {}) =>
  tenant.call('POST', '/v1/chat/completions', { ...hello, ...extra });

/** Long windows, so that nothing comes back while a test counts. */
const day = 86_400;
/** What is left of each limit, as the key itself is told. */
async function left(tenant: Tenant): Promise<Record<string, number>> {
  const { body } = await tenant.call('GET', '/v1/key');
  return Object.fromEntries(
    Object.entries<{ remaining: number }>(body.limits).map(([name, { remaining }]) => [name, remaining]),
  );
}

const told = [
  'x-ratelimit-limit-requests',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-reset-requests',
  'x-ratelimit-limit-tokens',
  'x-ratelimit-remaining-tokens',
  'x-ratelimit-reset-tokens',
  'x-quota-limit-tokens',
  'x-quota-remaining-tokens',
  'x-quota-reset-tokens',
];
const missing = ({ headers }: Answer) => told.filter((name) => !/^\d/.test(headers.get(name) ?? ''));

describe('what a caller is told', () => {
  it('stands on every answer, good or bad', async () => {
    const tenant = await newTenant({
      key: { scopes: ['chat'], allowed_models: ['sim/fast', 'no/such-model'] },
    });
    const answers = {
      json: await chat(tenant),
      stream: await chat(tenant, { stream: true }),
      list: await tenant.call('GET', '/v1/models'),
      'bad field': await chat(tenant, { messages: [{ role: 'user', content: 7 }] }),
      'bad model': await chat(tenant, { model: 'demo/echo-with-context' }),
      'refused upstream': await chat(tenant, { model: 'no/such-model' }),
      'no scope': await tenant.call('POST', '/v1/embeddings', { model: 'sim/embed', input: 'x' }),
      'not there': await tenant.call('GET', '/v1/models/no/such-model'),
    };
    const lacking = Object.entries(answers).map(([name, answer]) => [name, missing(answer)]);
    expect(lacking.filter(([, names]) => names?.length)).toEqual([]);
  });

  it('is the same in GET /v1/key, for every limit', async () => {
    const tenant = await newTenant({
      workspace: { daily_token_quota: 100_000, workspace_rate_limit_requests: 50 },
      key: {
        rate_limit_requests: 20,
        rate_limit_window: day,
        rate_limit_tokens: 60_000,
        rate_limit_parallel: 4,
      },
    });
    await chat(tenant);
    const { body } = await tenant.call('GET', '/v1/key');
    expect(body.limits).toMatchObject({
      requests: { limit: 20, remaining: 19, window_seconds: day },
      tokens: { limit: 60_000, window_seconds: 60 },
      parallel: { limit: 4, resets_at: null },
      workspace_requests: { limit: 50, window_seconds: 60 },
      daily_tokens: { limit: 100_000 },
    });
    for (const name of ['requests', 'tokens', 'workspace_requests', 'daily_tokens']) {
      expect(Date.parse(body.limits[name].resets_at)).toBeGreaterThan(Date.now() - 5_000);
    }
  });
});

describe('a rejected call moves no counter', () => {
  const generous = {
    workspace: { daily_token_quota: 1_000_000, workspace_rate_limit_requests: 1_000, rate_limit_window: day },
    key: {
      rate_limit_requests: 100,
      rate_limit_window: day,
      scopes: ['chat'],
      allowed_models: ['sim/fast'],
    },
  };

  it('whether it is refused for who asks, for what it asks or for how', async () => {
    const tenant = await newTenant(generous);
    const before = await left(tenant);
    const url = `${inject('gatewayUrl')}/v1/chat/completions`;
    const authorization = `Bearer ${tenant.key}`;
    const answers = [
      await http('POST', url, hello, { authorization: `${authorization}x` }),
      await http('POST', url, '{"model": ', { authorization }),
      await http('POST', url, 'model=sim', { authorization, 'content-type': 'text/plain' }),
      await http('POST', url, 'x'.repeat(11_000_000), { authorization }),
      await chat(tenant, { messages: [] }),
      await chat(tenant, { model: 'demo/echo-with-context' }),
      await chat(tenant, { context: { recall: true } }),
      await chat(tenant, { max_tokens: -1 }),
      await tenant.call('POST', '/v1/embeddings', { model: 'sim/embed', input: 'x' }),
      await tenant.call('GET', '/v1/nothing-here'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 400, 415, 413, 400, 403, 403, 400, 403, 404]);
    expect(await left(tenant)).toEqual(before);
  });

  it('for a context filter that is none', async () => {
    const tenant = await newTenant({
      ...generous,
      key: { ...generous.key, scopes: ['chat', 'context:read'] },
    });
    const before = await left(tenant);
    const answer = await chat(tenant, { context: { recall: true, filter: { topic: { like: 'x' } } } });
    expect(answer.status).toBe(400);
    expect(await left(tenant)).toEqual(before);
  });

  it.each([
    ['requests', { key: { rate_limit_requests: 1, rate_limit_window: day } }, 'rate_limit_exceeded', null],
    ['tokens', { key: { rate_limit_tokens: 30 } }, 'rate_limit_exceeded', 'false'],
    [
      'workspace_requests',
      { workspace: { workspace_rate_limit_requests: 1, rate_limit_window: day } },
      'rate_limit_exceeded',
      null,
    ],
    ['daily_tokens', { workspace: { daily_token_quota: 100 } }, 'insufficient_quota', 'false'],
  ] as const)('when the limit of %s refuses', async (_, options, code, shouldRetry) => {
    const tenant = await newTenant(options);
    // What is settled comes back a moment later; then nothing moves any more.
    expect((await chat(tenant, { max_tokens: 10 })).status).toBe(200);
    const before = await settled(tenant);
    const refused = await chat(tenant, { max_tokens: 90 });
    expect([refused.status, refused.body.error.code]).toEqual([429, code]);
    expect(refused.headers.get('x-should-retry')).toBe(shouldRetry);
    if (shouldRetry === null) expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(missing(refused)).toEqual([]);
    const after = await left(tenant);
    // The minute refills by itself.
    expect({ ...after, tokens: 0 }).toEqual({ ...before, tokens: 0 });
  });

  async function settled(tenant: Tenant): Promise<Record<string, number>> {
    for (;;) {
      const seen = await left(tenant);
      if (seen['parallel'] === 1_000) return seen;
    }
  }
});

describe('a limit in shadow', () => {
  it('lets through what it would refuse', async () => {
    const tenant = await newTenant({
      key: { rate_limit_requests: 1, rate_limit_window: day, shadow_limits: ['requests'] },
    });
    const answers = [await chat(tenant), await chat(tenant), await chat(tenant)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining-requests'))).toEqual([
      '0',
      '0',
      '0',
    ]);
  });
});
