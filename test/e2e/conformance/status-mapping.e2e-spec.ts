import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningProcess } from '../running-process.js';
import { type Answer, newTenant, type Tenant } from '../tenant.js';
import { startGatewayBefore } from './gateway-before.js';
import { chunk, done, json, type ScriptedUpstream, sse, startScriptedUpstream } from './scripted-upstream.js';

interface Row {
  upstream: string;
  answer: ScriptedUpstream['answer'];
  status: number;
  code: string;
  type: string;
  headers?: Record<string, string>;
  message?: string;
}

const refusal = (code: number, metadata: object = {}, headers: Record<string, string> = {}) =>
  json(JSON.stringify({ error: { code, message: `Words of ${code}`, metadata } }), code, headers);
const tenants = (code: number, status = code): Row => ({
  upstream: `${code}`,
  answer: refusal(code),
  status,
  code: code === 404 ? 'model_not_found' : 'invalid_request',
  type: code === 404 ? 'not_found_error' : 'invalid_request_error',
  message: `Words of ${code}`,
});
const ours = (code: number): Row => ({
  upstream: `${code}: our key`,
  answer: refusal(code),
  status: 503,
  code: 'upstream_unavailable',
  type: 'server_error',
  headers: { 'retry-after': '30' },
});
const failed = (upstream: string, answer: Row['answer'], more: Partial<Row> = {}): Row => ({
  upstream,
  answer,
  status: 502,
  code: 'upstream_error',
  type: 'server_error',
  ...more,
});

const behindUs: Row[] = [
  ...[400, 404, 413, 422].map((code) => tenants(code)),
  ...[401, 402, 403].map(ours),
  failed('flagged input', refusal(403, { reasons: ['violence'] }), {
    status: 403,
    code: 'content_policy_violation',
    type: 'invalid_request_error',
  }),
  failed('a prompt too long', refusal(400, { error_type: 'context_length_exceeded' }), {
    status: 400,
    code: 'context_length_exceeded',
    type: 'invalid_request_error',
  }),
  failed('429', refusal(429, {}, { 'retry-after': '7' }), {
    status: 429,
    code: 'rate_limit_exceeded',
    type: 'rate_limit_error',
    headers: { 'retry-after': '7' },
  }),
  ...[500, 502, 503, 529].map((code) => failed(`${code}`, refusal(code))),
  ...[408, 504, 524].map((code) =>
    failed(`${code}`, refusal(code), { status: 504, code: 'upstream_timeout' }),
  ),
  failed('no JSON', json('<html>')),
  failed('an error in a 200', json('{"error":{"code":502,"message":"Gone"}}')),
  failed('a broken connection', (response) => response.destroy()),
];

describe('what a caller sees of a failure', () => {
  let upstream: ScriptedUpstream;
  let gateway: RunningProcess;
  let tenant: Tenant;
  beforeAll(async () => {
    upstream = await startScriptedUpstream();
    // One attempt: which failures are met with another is the fault matrix' matter.
    gateway = await startGatewayBefore(upstream.url, { OPENROUTER_MAX_ATTEMPTS: '1' });
    tenant = await newTenant({ gatewayUrl: gateway.url });
  });
  afterAll(async () => {
    await gateway?.stop();
    await upstream?.close();
  });
  const chat = (who = tenant, extra: object = {}, headers: Record<string, string> = {}) =>
    who.call(
      'POST',
      '/v1/chat/completions',
      { model: 'sim/fast', messages: [{ role: 'user', content: 'hi' }], ...extra },
      headers,
    );
  /** OpenAI's error body, whole and nothing else, and an id to ask about. */
  const seen = ({ status, headers, body }: Answer) => {
    expect(Object.keys(body)).toEqual(['error']);
    expect(Object.keys(body.error).toSorted()).toEqual(['code', 'message', 'param', 'type']);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(headers.get('x-request-id')).toMatch(/^\S{8,}$/);
    return { status, code: body.error.code, type: body.error.type };
  };

  it.each(behindUs)('$status for the upstream’s $upstream', async (row) => {
    upstream.answer = row.answer;
    for (const stream of [false, true]) {
      const answer = await chat(tenant, { stream });
      expect(seen(answer)).toEqual({ status: row.status, code: row.code, type: row.type });
      expect(Object.fromEntries(answer.headers)).toMatchObject(row.headers ?? {});
      if (row.message) expect(answer.body.error.message).toBe(row.message);
    }
  });

  it('401, 403, 404, 413 and 429 of our own', async () => {
    const gatewayUrl = gateway.url;
    const narrow = await newTenant({ gatewayUrl, key: { scopes: ['chat'], allowed_models: ['sim/fast'] } });
    const poor = await newTenant({ gatewayUrl, workspace: { daily_token_quota: 10 } });
    const slow = await newTenant({ gatewayUrl, key: { rate_limit_requests: 1, rate_limit_window: 60 } });
    await slow.call('GET', '/v1/models');
    // The script has no list of models; the suite's own upstream has.
    const other = await newTenant();
    const rows: [Promise<Answer>, number, string][] = [
      [chat(tenant, {}, { authorization: '' }), 401, 'missing_api_key'],
      [chat(tenant, {}, { authorization: 'Bearer nonsense' }), 401, 'invalid_api_key'],
      [chat(narrow, { model: 'sim/small-context' }), 403, 'model_not_allowed'],
      [narrow.call('GET', '/v1/context/items'), 403, 'insufficient_scope'],
      [tenant.call('GET', '/v1/nothing-here'), 404, 'unknown_url'],
      [other.call('GET', '/v1/models/no/such'), 404, 'model_not_found'],
      [chat(tenant, { x: 'x'.repeat(11_000_000) }), 413, 'body_too_large'],
      [chat(slow), 429, 'rate_limit_exceeded'],
      [chat(poor, { max_tokens: 1_000 }), 429, 'insufficient_quota'],
    ];
    for (const [answer, status, code] of rows) expect(seen(await answer)).toMatchObject({ status, code });
    const [limited, spent] = await Promise.all(rows.slice(-2).map(([answer]) => answer));
    expect(Number(limited?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(limited?.headers.get('x-should-retry')).not.toBe('false');
    expect(spent?.headers.get('x-should-retry')).toBe('false');
  });

  it('has an id on good answers, too, and keeps the caller’s', async () => {
    upstream.answer = sse(chunk('{"content":"hi"}', '"stop"') + done);
    for (const path of ['/v1/key', '/health', '/health/ready']) {
      expect((await tenant.call('GET', path)).headers.get('x-request-id')).toMatch(/^\S{8,}$/);
    }
    const { headers } = await chat(tenant, { stream: true }, { 'x-request-id': 'asked-for-by-the-caller' });
    expect(headers.get('x-request-id')).toBe('asked-for-by-the-caller');
  });

  it('503 when nobody is there', async () => {
    await upstream.close();
    const answer = await chat();
    expect(seen(answer)).toMatchObject({ status: 503, code: 'upstream_unavailable' });
    expect(answer.headers.get('retry-after')).toBe('2');
  });
});
