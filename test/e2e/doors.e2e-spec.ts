import { beforeAll, describe, expect, inject, it } from 'vitest';
import { adminKey } from './product.js';
import { http, newTenant, type Json, type Tenant, until } from './tenant.js';

describe('embeddings, models, usage', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await newTenant();
  });

  it('embeddings as floats and as base64 are the same vector', async () => {
    const raw = (encoding_format: string) =>
      tenant.call('POST', '/v1/embeddings', { model: 'sim/embed', input: ['a', 'b'], encoding_format });
    const [floats, base64] = await Promise.all([raw('float'), raw('base64')]);
    expect(floats.status).toBe(200);
    const decoded = Buffer.from(base64.body.data[1].embedding, 'base64');
    expect(decoded.readFloatLE(0)).toBeCloseTo(floats.body.data[1].embedding[0], 6);
    const sdk = await tenant.openai.embeddings.create({ model: 'sim/embed', input: 'a' });
    expect(sdk.data[0]?.embedding[0]).toBeCloseTo(floats.body.data[0].embedding[0], 6);
  });

  it('models are listed and found by ids with slashes', async () => {
    const models = await Array.fromAsync(tenant.openai.models.list());
    expect(models.map(({ id }) => id)).toContain('demo/echo-with-context');
    const model = await tenant.openai.models.retrieve('sim/vendor-b/slash-model');
    expect(model).toMatchObject({ id: 'sim/vendor-b/slash-model', object: 'model' });
    const narrow = await newTenant({ key: { allowed_models: ['sim/fast'] } });
    expect((await Array.fromAsync(narrow.openai.models.list())).map(({ id }) => id)).toEqual(['sim/fast']);
  });

  it('every call is one row in the ledger, and the quota agrees with it', async () => {
    const fresh = await newTenant();
    const { usage } = await fresh.openai.chat.completions.create({
      model: 'sim/fast',
      messages: [{ role: 'user', content: 'count me' }],
    });
    const report = await until(
      'the call in the ledger',
      () => fresh.call('GET', '/v1/usage'),
      (answer) => answer.body.data?.[0]?.tokens_used > 0,
    );
    expect(report.body.data[0]).toMatchObject({ tokens_used: usage?.total_tokens });
    const key = await fresh.call('GET', '/v1/key');
    expect(JSON.stringify(key.body)).not.toContain(fresh.key.slice(-20));
    const headers = (await fresh.call('GET', '/v1/models')).headers;
    expect(
      Number(headers.get('x-quota-limit-tokens')) - Number(headers.get('x-quota-remaining-tokens')),
    ).toBe(usage?.total_tokens);
  });
});

describe('what operators look at', () => {
  const url = () => inject('gatewayUrl');

  it('health names each dependency with its latency', async () => {
    const all = await http('GET', `${url()}/health`);
    expect(all.status).toBe(200);
    for (const part of ['database', 'redis', 'upstream']) {
      expect(all.body.details[part]).toMatchObject({ status: 'up', responseTime: expect.any(Number) });
    }
  });

  it.each(['gatewayUrl', 'workerUrl'] as const)('the probes of %s have the same names', async (process) => {
    for (const path of ['', '/live', '/ready', '/startup'])
      expect((await http('GET', `${inject(process)}/health${path}`)).status).toBe(200);
  });

  it('metrics carry our names and no tenant', async () => {
    const tenant = await newTenant();
    await tenant.call('GET', '/v1/models');
    const { body } = await http('GET', `${url()}/metrics`);
    expect(body.text).toContain('cmg_http_request_duration_seconds_bucket');
    expect(body.text).not.toContain(tenant.workspaceId);
    expect(body.text).not.toContain(tenant.keyId);
  });

  it('the worker keeps the ledger by the clock', async () => {
    const { readFile } = await import('node:fs/promises');
    const log = () => readFile(`${inject('logDirectory')}/worker.log`, 'utf8');
    const done = (text: string) => (job: string) =>
      text.split('\n').some((line) => line.includes('"job_completed"') && line.includes(`"job":"${job}"`));
    await until('both jobs in the log', log, (text) =>
      ['ensure-partitions', 'drop-partitions'].every(done(text)),
    );
  });

  it('Swagger UI and its document are served', async () => {
    expect((await http('GET', `${url()}/docs`)).status).toBe(200);
    const document = await http('GET', `${url()}/docs/openapi.json`);
    const paths = Object.keys(document.body.paths);
    expect(paths).toEqual(
      expect.arrayContaining(['/v1/chat/completions', '/v1/context/items', '/admin/workspaces']),
    );
    expect(Object.keys(document.body.components.schemas)).not.toContain('Object');
    const { responses } = document.body.paths['/v1/context/items'].post;
    for (const status of [400, 401, 403, 409, 413, 415, 429]) {
      const { schema } = responses[status].content['application/json'];
      expect([status, schema.$ref]).toEqual([status, '#/components/schemas/ErrorDto']);
    }
  });

  it('the log is JSON with the fields of the runbook, and holds no secret', async () => {
    const { readFile } = await import('node:fs/promises');
    const tenant = await newTenant();
    await tenant.call('GET', '/v1/models');
    await http('GET', `${url()}/v1/models`, undefined, { authorization: 'Bearer wrong' });
    const log = () => readFile(`${inject('logDirectory')}/gateway-1.log`, 'utf8');
    const text = await until('the line of the refused call', log, (seen) => seen.includes('"auth_failure"'));
    const lines: Json[] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const done = lines.findLast(
      (line) => line.message === 'request_completed' && line.workspace_id === tenant.workspaceId,
    );
    expect(done).toMatchObject({
      level: 'info',
      logger_name: expect.any(String),
      service: 'context-memory-gateway',
      environment: 'test',
      method: 'GET',
      url: '/v1/models',
      status_code: 200,
      response_time: expect.any(Number),
      client_ip: expect.any(String),
    });
    expect(text).not.toContain(tenant.key.split('_')[2]);
    expect(text).not.toContain(adminKey);
  });
});
