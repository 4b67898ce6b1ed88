import { describe, expect, inject, it } from 'vitest';
import { admin, fault, http, newTenant, until, type Answer, type Tenant } from './tenant.js';

/** A change must hold on every process within this. */
const appliedMs = 2_000;

/** One call as the tenant, through the gateway that did not make the change. */
const there = (tenant: Tenant, method: string, path: string, body?: unknown): Promise<Answer> =>
  http(method, inject('secondGatewayUrl') + path, body, { authorization: `Bearer ${tenant.key}` });
const models = (tenant: Tenant) => there(tenant, 'GET', '/v1/models');
const chat = (content: string) => ({
  model: 'sim/fast',
  max_tokens: 10,
  messages: [{ role: 'user' as const, content }],
});
const untilAnswers = (wanted: number, probe: () => Promise<Answer>) =>
  until(`a ${wanted}`, probe, ({ status }) => status === wanted, appliedMs);

describe('a change of limits through one gateway holds on the other within two seconds', () => {
  it('a workspace’s requests: lowered below what was used it refuses, raised it admits', async () => {
    const tenant = await newTenant({ workspace: { rate_limit_requests: 100, rate_limit_window: 86_400 } });
    for (let i = 0; i < 5; i++) expect((await models(tenant)).status).toBe(200);
    const put = (rate_limit_requests: number) =>
      admin('PUT', `/admin/workspaces/${tenant.workspaceId}/limits`, {
        rate_limit_requests,
        rate_limit_window: 86_400,
      });
    await put(3);
    const refused = await untilAnswers(429, () => models(tenant));
    expect(refused.headers.get('x-ratelimit-limit-requests')).toBe('3');
    expect((await models(tenant)).status).toBe(429);
    await put(1_000);
    const admitted = await untilAnswers(200, () => models(tenant));
    expect(admitted.headers.get('x-ratelimit-limit-requests')).toBe('1000');
    expect(Number(admitted.headers.get('x-ratelimit-remaining-requests'))).toBeGreaterThan(990);
  });

  it('a key’s requests, and no other key’s', async () => {
    const tenant = await newTenant();
    const other = await admin('POST', `/admin/workspaces/${tenant.workspaceId}/api-keys`, { name: 'other' });
    const asOther = { ...tenant, key: other.body.key };
    await Promise.all([models(tenant), models(asOther)]);
    await admin('PUT', `/admin/api-keys/${tenant.keyId}/limits`, {
      rate_limit_requests: 1,
      rate_limit_window: 86_400,
    });
    await untilAnswers(429, () => models(tenant));
    expect((await models(asOther)).status).toBe(200);
    await admin('PUT', `/admin/api-keys/${tenant.keyId}/limits`, {});
    await untilAnswers(200, () => models(tenant));
  });

  it('shadow mode, on and off', async () => {
    const tenant = await newTenant();
    const put = (shadow_limits: string[]) =>
      admin('PUT', `/admin/api-keys/${tenant.keyId}/limits`, {
        rate_limit_requests: 1,
        rate_limit_window: 86_400,
        shadow_limits,
      });
    await models(tenant);
    await put([]);
    await untilAnswers(429, () => models(tenant));
    await put(['requests']);
    await untilAnswers(200, () => models(tenant));
    await put([]);
    await untilAnswers(429, () => models(tenant));
  });

  it('a key’s tokens per minute and the workspace’s requests, from what was used of them', async () => {
    const tenant = await newTenant({
      workspace: {
        rate_limit_tokens: 2_000,
        workspace_rate_limit_requests: 1_000,
        rate_limit_window: 86_400,
      },
    });
    const put = (settings: object) =>
      admin('PUT', `/admin/workspaces/${tenant.workspaceId}/limits`, {
        rate_limit_window: 86_400,
        ...settings,
      });
    const call = (content = 'hi') => there(tenant, 'POST', '/v1/chat/completions', chat(content));
    expect((await call('many words '.repeat(200))).status).toBe(200);
    await put({ rate_limit_tokens: 60 });
    const refused = await untilAnswers(429, () => call());
    expect(refused.body.error.message).toContain('tokens per minute');
    await put({ rate_limit_tokens: 6_000, workspace_rate_limit_requests: 1_000 });
    await untilAnswers(200, () => call());

    await put({ workspace_rate_limit_requests: 2 });
    const tooMany = await untilAnswers(429, () => call());
    expect(tooMany.body.error.message).toContain('requests of this workspace');
    await put({ workspace_rate_limit_requests: 50 });
    await untilAnswers(200, () => call());
  });

  it('a key’s calls in flight', async () => {
    const tenant = await newTenant();
    const limits = `/admin/api-keys/${tenant.keyId}/limits`;
    const user = `parallel-${tenant.keyId}`;
    await fault({ user, delay_chunk_ms: 1_000, times: 1 });
    const stream = await tenant.openai.chat.completions.create({
      ...chat('please take your time with these few words'),
      user,
      stream: true,
    });
    const call = () => there(tenant, 'POST', '/v1/chat/completions', chat('hi'));
    const lowered = await admin('PUT', limits, { rate_limit_parallel: 1 });
    expect(lowered.body.limits.parallel).toMatchObject({
      limit: 1,
      source: 'key',
      in_flight: 1,
      remaining: 0,
    });
    const refused = await untilAnswers(429, call);
    expect(refused.body.error.message).toContain('parallel calls');
    await admin('PUT', limits, { rate_limit_parallel: 2 });
    await untilAnswers(200, call);
    stream.controller.abort();
    const free = ({ body }: Answer) => body.limits.parallel.in_flight === 0;
    await until('the slot to be free', () => admin('GET', limits), free);
  });

  it('the day’s tokens: lowered below what was used they refuse, raised or reset they admit', async () => {
    const tenant = await newTenant({ workspace: { daily_token_quota: 5_000 } });
    const limits = `/admin/workspaces/${tenant.workspaceId}/limits`;
    const call = (content = 'hi') => there(tenant, 'POST', '/v1/chat/completions', chat(content));
    expect((await call('many words '.repeat(200))).status).toBe(200);
    const { used } = (await admin('GET', limits)).body.limits.daily_tokens;
    expect(used).toBeGreaterThan(200);
    const lowered = await admin('PUT', limits, { daily_token_quota: used - 1 });
    expect(lowered.body.limits.daily_tokens).toMatchObject({ limit: used - 1, used, remaining: 0 });
    const refused = await untilAnswers(429, () => call());
    expect(refused.body.error.code).toBe('insufficient_quota');
    await admin('PUT', limits, { daily_token_quota: 5_000 });
    await untilAnswers(200, () => call());

    await admin('PUT', limits, { daily_token_quota: 100 });
    await untilAnswers(429, () => call());
    const reset = await admin('POST', `/admin/workspaces/${tenant.workspaceId}/quota/reset`);
    expect(reset).toMatchObject({ status: 200, body: { limit: 100, used: 0, remaining: 100 } });
    expect(Math.abs(Date.parse(reset.body.quota_reset_at) - Date.now())).toBeLessThan(10_000);
    expect((await call()).status).toBe(200);
  });

  it('a call in flight at a reset counts for the time before: in the ledger, not in the day', async () => {
    const tenant = await newTenant();
    const user = `reset-${tenant.keyId}`;
    await fault({ user, delay_chunk_ms: 100, times: 1 });
    const stream = await tenant.openai.chat.completions.create({
      ...chat('please take your time'),
      user,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = stream[Symbol.asyncIterator]();
    await chunks.next();
    const reset = await admin('POST', `/admin/workspaces/${tenant.workspaceId}/quota/reset`);
    expect(reset.body.used).toBe(0);
    let tokens = 0;
    for (let next = await chunks.next(); !next.done; next = await chunks.next())
      tokens = next.value.usage?.total_tokens ?? tokens;
    expect(tokens).toBeGreaterThan(0);
    await until(
      'the call in the ledger',
      () => there(tenant, 'GET', '/v1/usage'),
      ({ body }) => body.data[0]?.tokens_used === tokens,
    );
    const { body } = await admin('GET', `/admin/workspaces/${tenant.workspaceId}/limits`);
    expect(body.limits.daily_tokens).toMatchObject({ used: 0, quota_reset_at: reset.body.quota_reset_at });
  });
});
