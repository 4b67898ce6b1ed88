import { beforeAll, describe, expect, inject, it } from 'vitest';
import { adminKey } from './product.js';
import { admin, http, newTenant, type Json, type Tenant } from './tenant.js';

const inherited = {
  rate_limit_requests: null,
  rate_limit_window: null,
  rate_limit_tokens: null,
  rate_limit_parallel: null,
  shadow_limits: null,
};
const inheritedByAll = { ...inherited, daily_token_quota: null, workspace_rate_limit_requests: null };

describe('limits, as operators see and set them', () => {
  let tenant: Tenant;
  let ofWorkspace: string;
  let ofKey: string;
  beforeAll(async () => {
    tenant = await newTenant();
    ofWorkspace = `/admin/workspaces/${tenant.workspaceId}/limits`;
    ofKey = `/admin/api-keys/${tenant.keyId}/limits`;
  });

  it('create routes take them, and show them', async () => {
    const ownLimits = {
      rate_limit_requests: 5,
      rate_limit_window: 60,
      rate_limit_tokens: 0,
      rate_limit_parallel: 7,
      shadow_limits: ['parallel'],
    };
    const forAll = { ...ownLimits, daily_token_quota: 2 ** 53 - 1, workspace_rate_limit_requests: 0 };
    const workspace = await admin('POST', '/admin/workspaces', { name: 'limits', ...forAll });
    expect(workspace).toMatchObject({ status: 201, body: forAll });
    expect((await admin('GET', `/admin/workspaces/${workspace.body.id}`)).body).toMatchObject(forAll);
    const keys = `/admin/workspaces/${workspace.body.id}/api-keys`;
    const key = await admin('POST', keys, { name: 'limits', ...ownLimits });
    expect(key).toMatchObject({ status: 201, body: ownLimits });
    expect((await admin('GET', keys)).body.data[0]).toMatchObject(ownLimits);
  });

  it('says what a workspace set, what holds, who decided it, and how it stands', async () => {
    const fresh = await admin('GET', ofWorkspace);
    expect(fresh.status).toBe(200);
    expect(fresh.body).toMatchObject({ object: 'workspace_limits', settings: inheritedByAll });
    for (const limit of Object.values<Json>(fresh.body.limits))
      expect(limit).toMatchObject({ source: 'default', shadow: false });

    const settings = {
      ...inheritedByAll,
      rate_limit_requests: 50,
      rate_limit_window: 3_600,
      rate_limit_tokens: 0,
      workspace_rate_limit_requests: 90,
      daily_token_quota: 10_000,
      shadow_limits: ['tokens', 'workspace_requests'],
    };
    const put = await admin('PUT', ofWorkspace, settings);
    expect(put).toMatchObject({ status: 200, body: { settings } });
    expect((await admin('GET', ofWorkspace)).body.settings).toEqual(settings);
    expect(put.body.limits).toMatchObject({
      requests: { limit: 50, source: 'workspace', window_seconds: 3_600, window_source: 'workspace' },
      tokens: { limit: 0, source: 'workspace', shadow: true },
      parallel: { source: 'default', shadow: false },
      workspace_requests: { limit: 90, source: 'workspace', window_seconds: 3_600, shadow: true },
      daily_tokens: { limit: 10_000, used: 0, remaining: 10_000, quota_reset_at: null },
    });
    expect(Date.parse(put.body.limits.daily_tokens.resets_at) % 86_400_000).toBe(0);
  });

  it('says the same of a key, whose own word comes first', async () => {
    await admin('PUT', ofWorkspace, {
      rate_limit_requests: 50,
      rate_limit_window: 3_600,
      rate_limit_parallel: 9,
    });
    const settings = { ...inherited, rate_limit_requests: 20, shadow_limits: ['daily_tokens'] };
    const put = await admin('PUT', ofKey, settings);
    expect(put).toMatchObject({ status: 200, body: { object: 'api_key_limits', settings } });
    await tenant.call('GET', '/v1/models');
    const { body } = await admin('GET', ofKey);
    expect(body.limits).toMatchObject({
      requests: { limit: 20, source: 'key', window_seconds: 3_600, window_source: 'workspace' },
      tokens: { source: 'default' },
      parallel: { limit: 9, source: 'workspace', in_flight: 0, remaining: 9 },
      daily_tokens: { source: 'default', shadow: true, used: 0 },
    });
    expect(body.limits.requests.remaining).toBe(19);
    expect(Date.parse(body.limits.requests.resets_at)).toBeGreaterThan(Date.now());
    expect(body.limits.tokens.remaining).toBe(body.limits.tokens.limit);

    const replaced = await admin('PUT', ofKey, {});
    expect(replaced.body).toMatchObject({
      settings: inherited,
      limits: { requests: { source: 'workspace' } },
    });
  });

  const wrong: [field: string, value: unknown][] = [
    ['rate_limit_requests', 0],
    ['rate_limit_requests', 1.5],
    ['rate_limit_requests', 1_000_001],
    ['rate_limit_window', 0],
    ['rate_limit_window', '60'],
    ['rate_limit_window', 86_401],
    ['rate_limit_tokens', -1],
    ['rate_limit_tokens', 100_000_001],
    ['rate_limit_parallel', -1],
    ['rate_limit_parallel', true],
    ['rate_limit_parallel', 100_001],
    ['shadow_limits', 'tokens'],
    ['shadow_limits', ['tokens', 'tokens']],
    ['shadow_limits', ['colour']],
    ['shadow_limits', [null]],
    ['shadow_limits', {}],
    ['colour', 'red'],
  ];
  const wrongOfWorkspace: typeof wrong = [
    ['daily_token_quota', 0],
    ['daily_token_quota', 2 ** 53],
    ['daily_token_quota', 1e308],
    ['daily_token_quota', []],
    ['workspace_rate_limit_requests', -1],
    ['workspace_rate_limit_requests', 10_000_001],
  ];

  it.each([...wrong, ...wrongOfWorkspace])('a workspace: 400 for %s %j', async (field, value) => {
    const create = await admin('POST', '/admin/workspaces', { name: 'x', [field]: value });
    for (const answer of [create, await admin('PUT', ofWorkspace, { [field]: value })]) {
      expect([answer.status, answer.body.error.param]).toEqual([400, field]);
      expect(answer.body.error.message).toContain(field);
    }
  });

  // What only workspaces have is unknown to a key.
  it.each([...wrong, ['daily_token_quota', 5] as const])('a key: 400 for %s %j', async (field, value) => {
    const keys = `/admin/workspaces/${tenant.workspaceId}/api-keys`;
    const create = await admin('POST', keys, { name: 'x', [field]: value });
    for (const answer of [create, await admin('PUT', ofKey, { [field]: value })]) {
      expect([answer.status, answer.body.error.param]).toEqual([400, field]);
      expect(answer.body.error.message).toContain(field);
    }
  });

  it('400 for a body that is no object, or none: nothing is replaced by accident', async () => {
    for (const path of [ofWorkspace, ofKey]) {
      await admin('PUT', path, { rate_limit_requests: 33 });
      for (const body of [undefined, 'null', '[]', '7', '"x"', '']) {
        const headers = {
          authorization: `Bearer ${adminKey}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        };
        const answer = await http('PUT', inject('gatewayUrl') + path, body, headers);
        expect([body, answer.status]).toEqual([body, 400]);
      }
      expect((await admin('GET', path)).body.settings.rate_limit_requests).toBe(33);
      await admin('PUT', path, {});
    }
  });

  it('404 for what is not there, 401 for everybody else', async () => {
    for (const id of ['018f0000-0000-7000-8000-000000000000', 'nonsense', '%00']) {
      for (const [method, path] of [
        ['GET', `/admin/workspaces/${id}/limits`],
        ['PUT', `/admin/workspaces/${id}/limits`],
        ['POST', `/admin/workspaces/${id}/quota/reset`],
        ['GET', `/admin/api-keys/${id}/limits`],
        ['PUT', `/admin/api-keys/${id}/limits`],
      ] as const) {
        const answer = await admin(method, path, method === 'PUT' ? {} : undefined);
        expect([path, answer.status, answer.body.error.code]).toEqual([path, 404, 'not_found']);
      }
    }
    for (const path of [ofWorkspace, ofKey]) {
      const answer = await tenant.call('PUT', path, {});
      expect([path, answer.status]).toEqual([path, 401]);
    }
  });
});
