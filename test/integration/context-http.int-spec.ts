import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import type { Request } from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppConfig, ConfigModule } from '#config';
import { EMBEDDER } from '#context-memory';
import { DatabaseModule } from '#database';
import { ObservabilityModule } from '#observability';
import { QueuesModule } from '#queues';
import { ApiKeyGuard } from '../../apps/gateway/src/auth/index.js';
import { setCaller } from '../../apps/gateway/src/auth/request-caller.js';
import { ContextMemoryHttpModule } from '../../apps/gateway/src/context-memory/context-memory-http.module.js';
import { configureHttp } from '../../apps/gateway/src/http/configure-http.js';
import { ErrorFilter } from '../../apps/gateway/src/http/error.filter.js';
import { LimitHeadersFilter } from '../../apps/gateway/src/rate-limit/limit-headers.filter.js';
import { RateLimitGuard } from '../../apps/gateway/src/rate-limit/rate-limit.guard.js';
import { ContextFilesProcessor } from '../../apps/worker/src/processors/context-files.processor.js';
import { ContextMemoryProcessor } from '../../apps/worker/src/processors/context-memory.processor.js';
import { newWorkspace, WordEmbedder } from './context-memory.harness.js';
import { connectStores, type StoreClients, until } from './store-clients.js';

/** Lets everyone in as the workspace that a header names; keys have specs of their own. */
class HeaderGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    setCaller(request, {
      workspaceId: String(request.headers['x-workspace']),
      keyId: 'key',
      keyHash: 'hash',
      scopes: ['context:read', 'context:write'],
      version: '2026-11-22T08:00:00Z',
      expiresAt: null,
      allowedModels: null,
      models: { default: null, virtual: new Map() },
      limits: {
        requests: 1_000,
        windowSeconds: 60,
        tokens: 0,
        parallel: 0,
        workspaceRequests: 0,
        workspaceWindowSeconds: 60,
        dailyTokens: 1_000_000,
        shadow: [],
      },
    });
    return true;
  }
}

let clients: StoreClients;
let app: NestExpressApplication;
let workspace: string;
let base: string;

beforeAll(async () => {
  clients = await connectStores({ LOG_LEVEL: 'silent', CONTEXT_MAX_CONTENT_CHARS: '1000' });
  workspace = await newWorkspace(clients);
  const module = await Test.createTestingModule({
    imports: [
      ConfigModule,
      ObservabilityModule.forProcess('test'),
      DatabaseModule,
      QueuesModule,
      ContextMemoryHttpModule,
    ],
    providers: [ContextMemoryProcessor, ContextFilesProcessor],
  })
    .overrideProvider(AppConfig)
    .useValue(clients.config)
    .overrideProvider(EMBEDDER)
    .useValue(new WordEmbedder())
    .overrideGuard(ApiKeyGuard)
    .useClass(HeaderGuard)
    .overrideGuard(RateLimitGuard)
    .useValue({ canActivate: () => true })
    .overrideFilter(LimitHeadersFilter)
    .useClass(ErrorFilter)
    .compile();
  app = module.createNestApplication<NestExpressApplication>({ bodyParser: false, logger: false });
  await configureHttp(app, clients.config);
  await app.listen(0, '127.0.0.1');
  base = `${await app.getUrl()}/v1/context`;
});
afterAll(async () => {
  await app?.close();
  await clients.close();
});

/** Of any route: what the specs look into. */
interface Answer {
  job: { id: string; status_url: string };
  items: { id: string; duplicate?: boolean }[];
  data: unknown[];
  next_cursor: string;
  status: string;
  parts: number;
  error?: { param: string };
}

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(base + path, {
    method,
    headers: { 'content-type': 'application/json', 'x-workspace': workspace, ...headers },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, json: (await response.json()) as Answer };
}

describe('the context API', () => {
  it('stores by the real queue, recalls, shows, changes and deletes', async () => {
    const posted = await call('POST', '/items?wait=true', {
      items: [
        { content: 'Refunds take 30 days.', title: 'Refunds', metadata: { tags: ['a'], year: 2026 } },
        {
          messages: [
            { role: 'user', content: 'My cat is called Ada' },
            { role: 'assistant', content: 'Noted' },
          ],
          session: 's',
        },
        {
          document: { content: `# Guide\n\n${'A sentence about nothing. '.repeat(38)}`, format: 'markdown' },
        },
      ],
    });
    expect(posted).toMatchObject({ status: 201, json: { job: { status: 'completed', total: 4 } } });
    const [refund = { id: '' }, , , guide = { id: '' }] = posted.json.items;
    expect(refund).toEqual({ id: expect.any(String), object: 'context.item', status: 'embedded' });
    expect((await call('GET', posted.json.job.status_url.replace('/v1/context', ''))).json).toMatchObject({
      object: 'context.job',
      embedded: 4,
    });

    const recalled = await call('POST', '/recall', {
      query: 'refunds',
      filter: { year: 2026 },
      explain: true,
    });
    expect(recalled).toMatchObject({
      status: 200,
      json: {
        object: 'context.recall',
        items: [
          { id: refund.id, title: 'Refunds', metadata: { tags: ['a'], year: 2026 }, scores: { lexical: 1 } },
        ],
        context: { citations: [{ number: 1, id: refund.id, title: 'Refunds' }] },
        degraded: [],
        explain: { candidates: [{ decision: 'packed' }], timings_ms: { total: expect.any(Number) } },
      },
    });

    const list = await call('GET', `/items?limit=2&filter=${encodeURIComponent('{"kind":"turn"}')}`);
    expect(list.json).toMatchObject({ object: 'list', has_more: false, next_cursor: null });
    expect(list.json.data).toHaveLength(2);
    const page = await call('GET', '/items?limit=2');
    expect((await call('GET', `/items?limit=2&cursor=${page.json.next_cursor}`)).json.data).toHaveLength(2);
    expect((await call('GET', `/items/${guide.id}`)).json.parts).toBeGreaterThan(1);

    const patched = await call('PATCH', `/items/${refund.id}`, {
      content: 'Refunds take 14 days.',
      title: null,
    });
    expect(patched).toMatchObject({
      status: 200,
      json: { id: refund.id, title: null, version: 3, status: 'pending' },
    });
    await until(async () => (await call('GET', `/items/${refund.id}`)).json.status === 'embedded');
    expect(await call('DELETE', `/items/${refund.id}`)).toEqual({
      status: 200,
      json: { id: refund.id, object: 'context.item', deleted: true },
    });
    expect((await call('GET', `/items/${refund.id}`)).status).toBe(404);
  });

  it('answers 202 with a status URL, and knows a repeat', async () => {
    const headers = { 'idempotency-key': 'once' };
    const first = await call('POST', '/items', { content: 'only once' }, headers);
    const second = await call('POST', '/items', { content: 'only once' }, headers);
    expect(first).toMatchObject({
      status: 202,
      json: { job: { status_url: `/v1/context/jobs/${first.json.job.id}` } },
    });
    expect(second.json.items[0]?.id).toBe(first.json.items[0]?.id);
    expect((await call('POST', '/items', { content: 'other' }, headers)).status).toBe(409);
    expect((await call('POST', '/items', { content: 'only once' })).json.items[0]?.duplicate).toBe(true);
  });

  it('keeps what was said before 1970', async () => {
    const said = { role: 'user', content: 'The Eagle has landed', created_at: '1969-07-20T20:17:00Z' };
    const posted = await call('POST', '/items', { messages: [said], session: 'moon' });
    const { json } = await call('GET', `/items/${posted.json.items[0]?.id}`);
    expect(json).toMatchObject({ created_at: '1969-07-20T20:17:00.000Z' });
  });

  const upload = async (fields: Record<string, string | File>, headers: Record<string, string> = {}) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    const response = await fetch(`${base}/files?wait=true`, {
      method: 'POST',
      headers: { 'x-workspace': workspace, ...headers },
      body: form,
    });
    return { status: response.status, json: (await response.json()) as Answer };
  };
  const page = new File(['<h1>Hinges</h1><p>Ask bob@example.com</p>'], 'hinges.html', { type: 'text/html' });

  it('takes a file as a form or as JSON, and reads it', async () => {
    const details = {
      external_id: 'hinges',
      metadata: '{"team": "doors"}',
      importance: '0.7',
      redact: 'email',
    };
    const posted = await upload({ file: page, ...details });
    expect(posted).toMatchObject({
      status: 201,
      json: { job: { status: 'completed', redacted: { email: 1 }, file: { status: 'parsed' } } },
    });
    const [id = ''] = posted.json.items.map((item) => item.id);
    const item = await call('GET', `/items/${id}`);
    expect(item.json).toMatchObject({
      content: '# Hinges\n\nAsk [EMAIL]',
      title: 'hinges.html',
      importance: expect.closeTo(0.7) as number,
      metadata: { team: 'doors', filename: 'hinges.html' },
    });
    const data = Buffer.from('# Locks').toString('base64');
    const json = { file: { filename: 'locks.md', data }, external_id: 'hinges', title: 'Locks' };
    expect(await call('POST', '/files?wait=true', json)).toMatchObject({
      status: 201,
      json: { items: [{ id }] },
    });
    expect((await call('GET', `/items/${id}`)).json).toMatchObject({ content: '# Locks', title: 'Locks' });
  });

  it('knows the repeat of a file', async () => {
    const headers = { 'idempotency-key': 'file-once' };
    const [first, second] = [await upload({ file: page }, headers), await upload({ file: page }, headers)];
    expect(second.json.job.id).toBe(first.json.job.id);
    const other = new File(['another'], 'hinges.html');
    expect((await upload({ file: other }, headers)).status).toBe(409);
  });

  it.each<[string, Record<string, string | File>, number, string | undefined]>([
    ['no file', { title: 'x' }, 400, 'file'],
    ['a text for a file', { file: 'x' }, 400, 'file'],
    ['an unknown field', { file: page, colour: 'red' }, 400, 'colour'],
    ['a field that is a file', { file: page, title: page }, 400, 'title'],
    ['metadata that is no JSON', { file: page, metadata: '{' }, 400, 'metadata'],
    ['an importance that is none', { file: page, importance: 'high' }, 400, 'importance'],
    ['a member of every object', { file: page, constructor: 'x' }, 400, 'constructor'],
    ['a kind that is not read', { file: new File(['x'], 'a.exe') }, 415, 'file.media_type'],
  ])('refuses a form with %s', async (_what, fields, status, param) => {
    const answer = await upload(fields);
    expect({ status: answer.status, param: answer.json.error?.param }).toEqual({ status, param });
  });

  it('refuses a form that breaks off', async () => {
    const response = await fetch(`${base}/files`, {
      method: 'POST',
      headers: { 'x-workspace': workspace, 'content-type': 'multipart/form-data; boundary=b' },
      body: '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nx',
    });
    expect(response.status).toBe(400);
  });

  it.each([
    ['20 parts', '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'.repeat(50_000)],
    ['8192 bytes', `--b\r\n${'a: b\r\n'.repeat(500_000)}\r\n\r\n`],
  ])('refuses a form of more than %s before it reads it', async (limit, parts) => {
    const response = await fetch(`${base}/files`, {
      method: 'POST',
      headers: { 'x-workspace': workspace, 'content-type': 'multipart/form-data; boundary=b' },
      body: `${parts}--b--\r\n`,
    });
    expect({ status: response.status, text: await response.text() }).toEqual({
      status: 400,
      text: expect.stringContaining(`more than ${limit}`) as string,
    });
  });

  it('tries what failed again', async () => {
    const failed = await upload({ file: new File(['no pdf'], 'broken.pdf') });
    expect(failed).toMatchObject({
      status: 202,
      json: { job: { status: 'failed', errors: [{ error: 'broken.pdf: it cannot be read as PDF' }] } },
    });
    const retried = await call('POST', `/jobs/${failed.json.job.id}/retry`, {});
    expect(retried).toMatchObject({ status: 202, json: { status: 'pending', file: { status: 'pending' } } });
    await until(async () => (await call('GET', `/jobs/${failed.json.job.id}`)).json.status === 'failed');
  });

  it.each<[string, unknown, string]>([
    ['/items', {}, 'content'],
    ['/items', { content: 'x', messages: [] }, 'messages'],
    ['/items', { messages: [{ role: 'user', content: 'x' }], title: 't' }, 'title'],
    ['/items', { content: 'x', colour: 'red' }, 'colour'],
    ['/items', { items: [{ content: 'x' }, { content: 'y', items: [] }] }, 'items[1].items'],
    [
      '/items',
      { items: [{ content: 'x' }, { messages: [{ role: 'user', content: 1 }] }] },
      'items[1].messages[0].content',
    ],
    ['/items', { items: [{ content: 'x' }, { document: { content: 'a\0' } }] }, 'items[1].document.content'],
    ['/items', '{"content":"\\ud800"}', 'content'],
    ['/items', { content: 'x'.repeat(1_001) }, 'content'],
    ['/items', { content: 'x', importance: 2 }, 'importance'],
    ['/items', { content: 'x', metadata: [] }, 'metadata'],
    ['/items', { content: 'x', expires_at: '2001-01-01T00:00:00Z' }, 'expires_at'],
    ['/items', { content: 'x', expires_at: '2016-12-31T23:59:60Z' }, 'expires_at'],
    ['/items', { items: [] }, 'items'],
    ['/items', { items: Array.from({ length: 101 }, () => ({ content: 'x' })) }, 'items'],
    ['/items?wait=maybe', { content: 'x' }, 'wait'],
    ['/items', '[]', 'body'],
    ['/items', 'null', 'body'],
    ['/items', { content: 'x', redact: ['names'] }, 'redact'],
    ['/files', {}, 'file'],
    ['/files', { file: { filename: 'a.txt', data: 'no base64!' } }, 'file.data'],
    ['/files', { file: { filename: 'a.txt', data: '' } }, 'file'],
    ['/files', { file: { filename: 'a.txt', data: 'eA==', size: 1 } }, 'file.size'],
    ['/files', { file: { filename: 'a.txt', data: 'eA==' }, content: 'x' }, 'content'],
    ['/recall', {}, 'query'],
    ['/recall', { query: 'x', top_k: 101 }, 'top_k'],
    ['/recall', { query: 'x', filter: { a: { like: 1 } } }, 'filter.a.like'],
    ['/recall', { messages: [1] }, 'messages[0].role'],
    ['/recall', { query: 'x', limit: 3 }, 'limit'],
  ])('refuses %s %j, naming %s', async (path, body, param) => {
    const { status, json } = await call('POST', path, body);
    expect({ status, param: json.error?.param }).toEqual({ status: 400, param });
    expect(JSON.stringify(json)).not.toMatch(/at .*\.ts/);
  });
});
