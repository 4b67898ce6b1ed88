import { Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Caller } from '#auth';
import { newId } from '#common';
import { AppConfig, ConfigModule } from '#config';
import { DatabaseModule } from '#database';
import { ObservabilityModule } from '#observability';
import { QueuesModule } from '#queues';
import { RedisCommands, RedisModule } from '#redis';
import { AdminModule } from '../../apps/gateway/src/admin/admin.module.js';
import { AuthHttpModule, CurrentCaller, RequireScopes } from '../../apps/gateway/src/auth/index.js';
import { configureHttp } from '../../apps/gateway/src/http/configure-http.js';
import { RateLimited, RateLimitHttpModule } from '../../apps/gateway/src/rate-limit/index.js';
import { UsageHttpModule } from '../../apps/gateway/src/usage/usage-http.module.js';

@RateLimited()
@Controller('probe')
class ProbeController {
  @Get()
  @RequireScopes('chat')
  chat(@CurrentCaller() caller: Caller) {
    return { key_id: caller.keyId };
  }

  @Post()
  @RequireScopes('chat', 'admin')
  admin() {
    return {};
  }
}

const adminKey = 'admin-key-of-the-integration-suite';

@Module({
  imports: [
    ConfigModule,
    ObservabilityModule.forProcess('gateway'),
    DatabaseModule,
    RedisModule,
    QueuesModule,
    AuthHttpModule,
    RateLimitHttpModule,
    UsageHttpModule,
    AdminModule,
  ],
  controllers: [ProbeController],
})
class ProbeModule {}

let app: NestExpressApplication;
let url: string;

beforeAll(async () => {
  Object.assign(process.env, {
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    DATABASE_URL: inject('databaseUrl'),
    REDIS_URL: inject('redisUrl'),
    API_KEY_PEPPER: 'pepper-of-the-integration-suite',
    ADMIN_API_KEY: adminKey,
    REDIS_COMMAND_TIMEOUT_MS: '5000',
  });
  app = await NestFactory.create<NestExpressApplication>(ProbeModule, {
    bodyParser: false,
    logger: ['error'],
  });
  await configureHttp(app, app.get(AppConfig));
  await app.listen(0, '127.0.0.1');
  url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
});
afterAll(() => app.close());

async function call(method: string, path: string, headers: Record<string, string> = {}, body?: unknown) {
  const response = await fetch(url + path, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const json: unknown = await response.json();
  return { status: response.status, headers: response.headers, body: json };
}

const admin = (method: string, path: string, body?: unknown) =>
  call(method, `/admin/${path}`, { authorization: `Bearer ${adminKey}` }, body);

function textAt(value: unknown, name: string): string {
  const text: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  if (typeof text !== 'string') throw new Error(`no ${name} in ${JSON.stringify(value)}`);
  return text;
}

async function makeKey(settings: object = {}) {
  const workspace = await admin('POST', 'workspaces', { name: 'team', daily_token_quota: 500 });
  const workspaceId = textAt(workspace.body, 'id');
  const created = await admin('POST', `workspaces/${workspaceId}/api-keys`, { name: 'key', ...settings });
  expect(created.status).toBe(201);
  return {
    workspaceId,
    key: textAt(created.body, 'key'),
    publicId: textAt(created.body, 'public_id'),
    body: created.body,
  };
}

describe('admin API', () => {
  it('makes, shows, lists and revokes', async () => {
    const made = await makeKey({ scopes: ['chat'], rate_limit_requests: 5 });
    expect(made.body).toMatchObject({
      object: 'api_key',
      scopes: ['chat'],
      rate_limit_requests: 5,
      active: true,
    });
    const workspace = await admin('GET', `workspaces/${made.workspaceId}`);
    expect(workspace).toMatchObject({ status: 200, body: { name: 'team', daily_token_quota: 500 } });
    const list = await admin('GET', `workspaces/${made.workspaceId}/api-keys?limit=1`);
    expect(list.body).toMatchObject({ object: 'list', has_more: false, next_cursor: null });
    expect(JSON.stringify(list.body)).not.toContain(made.key);
    for (let i = 0; i < 2; i++) {
      const revoked = await admin('DELETE', `api-keys/${made.publicId}`);
      expect(revoked).toMatchObject({ status: 200, body: { public_id: made.publicId, active: false } });
    }
    const workspaces = await admin('GET', 'workspaces?limit=1');
    expect(workspaces.body).toMatchObject({ object: 'list', data: [{ object: 'workspace' }] });
  });

  it.each([
    [{ name: '' }, 'name'],
    [{ name: 'a\0b' }, 'name'],
    [{ name: 'x', scopes: ['chat', 'root'] }, 'scopes'],
    [{ name: 'x', rate_limit_requests: 0 }, 'rate_limit_requests'],
    [{ name: 'x', expires_at: '2030-01-01T00:00:60Z' }, 'expires_at'],
    [{ name: 'x', colour: 'red' }, 'colour'],
  ])('refuses %j, naming %s', async (body, param) => {
    const { workspaceId } = await makeKey();
    expect(await admin('POST', `workspaces/${workspaceId}/api-keys`, body)).toMatchObject({
      status: 400,
      body: { error: { type: 'invalid_request_error', param } },
    });
  });

  it('says 404 for what is not there and 401 to anybody else', async () => {
    for (const path of ['workspaces/nonsense', 'workspaces/nonsense/api-keys', 'workspaces/%00']) {
      expect(await admin('GET', path)).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
    }
    expect(await admin('DELETE', 'api-keys/%00')).toMatchObject({ status: 404 });
    const { key } = await makeKey({ scopes: ['admin'] });
    for (const token of ['wrong', key]) {
      const answer = await call('GET', '/admin/workspaces', { authorization: `Bearer ${token}` });
      expect(answer).toMatchObject({ status: 401, body: { error: { code: 'invalid_api_key' } } });
    }
    expect(await call('GET', '/admin/workspaces')).toMatchObject({ status: 401 });
    expect(await admin('GET', 'workspaces?cursor=nonsense')).toMatchObject({
      body: { error: { param: 'cursor' } },
    });
    expect(await admin('GET', 'workspaces?limit=101')).toMatchObject({ body: { error: { param: 'limit' } } });
  });
});

describe('the limits of a workspace', () => {
  it('take the day from the ledger while Redis holds no count of it', async () => {
    const { workspaceId } = await makeKey();
    const used = async () => {
      const { body } = await admin('GET', `workspaces/${workspaceId.toUpperCase()}/limits`);
      expect(body).toMatchObject({ workspace_id: workspaceId });
      return JSON.stringify(body).match(/"used":(\w+)/)?.[1];
    };
    expect(await used()).toBe('0');
    await app.get(DataSource).query(
      `INSERT INTO usage_events (id, workspace_id, key_id, request_id, operation, model, status, status_code,
         prompt_tokens, completion_tokens, context_tokens, source, latency_ms, created_at)
       VALUES ($1, $2, 'key', 'request', 'chat', 'demo/echo', 'completed', 200, 30, 12, 0, 'provider', 1, now())`,
      [newId(), workspaceId],
    );
    expect(await used()).toBe('42');
    expect(await admin('POST', `workspaces/${workspaceId.toUpperCase()}/quota/reset`)).toMatchObject({
      status: 200,
      body: { used: 0, remaining: 500 },
    });
    expect(await used()).toBe('0');
    await app.get(RedisCommands).del(`quota:daily:${workspaceId}`);
    expect(await used()).toBe('0');
  });
});

describe('guards', () => {
  it('take the key in three headers, and say what is left', async () => {
    const { key, publicId } = await makeKey({ rate_limit_requests: 3, rate_limit_window: 3_600 });
    const ways: Record<string, string>[] = [
      { authorization: `Bearer ${key}` },
      { 'x-api-key': key },
      { 'api-key': key },
    ];
    for (const [left, headers] of ways.entries()) {
      const answer = await call('GET', '/probe', headers);
      expect(answer).toMatchObject({ status: 200, body: { key_id: publicId } });
      expect(answer.headers.get('x-ratelimit-remaining-requests')).toBe(String(2 - left));
      expect(answer.headers.get('x-quota-limit-tokens')).toBe('500');
    }
    const refused = await call('GET', '/probe', { 'x-api-key': key });
    expect(refused).toMatchObject({ status: 429, body: { error: { code: 'rate_limit_exceeded' } } });
    expect(refused.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(1_000);
    const standing = await call('GET', '/v1/key', { 'x-api-key': key });
    expect(standing).toMatchObject({
      status: 200,
      body: {
        public_id: publicId,
        limits: {
          requests: { limit: 3, remaining: 0, window_seconds: 3_600 },
          daily_tokens: { limit: 500, remaining: 500 },
        },
      },
    });
  });

  it('name the scope that is missing', async () => {
    const { key } = await makeKey({ scopes: ['chat'] });
    const answer = await call('POST', '/probe', { 'x-api-key': key }, {});
    expect(answer).toMatchObject({
      status: 403,
      body: { error: { code: 'insufficient_scope', type: 'permission_error' } },
    });
    expect(textAt(Reflect.get(answer.body as object, 'error'), 'message')).toContain('admin');
  });

  it('say 401 to no key, a wrong one, an expired one, a revoked one', async () => {
    const expired = await makeKey({ expires_at: '2020-01-01T00:00:00Z' });
    const revoked = await makeKey();
    await admin('DELETE', `api-keys/${revoked.publicId}`);
    const cases: [Record<string, string>, string][] = [
      [{}, 'missing_api_key'],
      [{ authorization: 'Bearer sk-1' }, 'invalid_api_key'],
      [{ authorization: 'Basic abc' }, 'invalid_api_key'],
      [{ 'x-api-key': expired.key }, 'key_expired'],
      [{ 'x-api-key': revoked.key }, 'key_revoked'],
    ];
    for (const [headers, code] of cases) {
      expect(await call('GET', '/probe', headers)).toMatchObject({ status: 401, body: { error: { code } } });
    }
  });
});

describe('GET /v1/usage', () => {
  it('reports today, and refuses what makes no sense', async () => {
    const { key } = await makeKey();
    const get = (query: string) => call('GET', `/v1/usage${query}`, { 'x-api-key': key });
    expect(await get('')).toMatchObject({
      status: 200,
      body: { object: 'list', group_by: ['day'], data: [] },
    });
    expect(await get('?group_by=day,model&limit=5')).toMatchObject({ body: { group_by: ['day', 'model'] } });
    const faults = [
      ['?group_by=colour', 'group_by'],
      ['?group_by=day,hour', 'group_by'],
      ['?start=yesterday', 'start'],
      ['?end=2020-01-01T00:00:00Z', 'end'],
      ['?cursor=bm9uc2Vuc2U', 'cursor'],
      ['?limit=0', 'limit'],
      ['?colour=red', 'colour'],
    ];
    for (const [query, param] of faults) {
      expect(await get(query ?? '')).toMatchObject({ status: 400, body: { error: { param } } });
    }
    const { key: other } = await makeKey({ scopes: ['chat'] });
    expect(await call('GET', '/v1/usage', { 'x-api-key': other })).toMatchObject({ status: 403 });
  });
});
