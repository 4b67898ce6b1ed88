import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppConfig, ConfigModule } from '#config';
import { DatabaseModule } from '#database';
import { ObservabilityModule } from '#observability';
import { QueuesModule } from '#queues';
import { RedisModule } from '#redis';
import { Ledger } from '#usage';
import { AdminModule } from '../../apps/gateway/src/admin/admin.module.js';
import { AuthHttpModule } from '../../apps/gateway/src/auth/index.js';
import { configureHttp } from '../../apps/gateway/src/http/configure-http.js';
import { RateLimitHttpModule } from '../../apps/gateway/src/rate-limit/index.js';
import { UsageHttpModule } from '../../apps/gateway/src/usage/usage-http.module.js';
import { connectStores, type StoreClients } from './store-clients.js';
import { usageEvent } from './usage-event.factory.js';

let clients: StoreClients;
let app: NestExpressApplication;
let url: string;

beforeAll(async () => {
  clients = await connectStores({ LOG_LEVEL: 'silent' });
  const module = await Test.createTestingModule({
    imports: [
      ConfigModule,
      ObservabilityModule.forProcess('test'),
      DatabaseModule,
      RedisModule,
      QueuesModule,
      AuthHttpModule,
      RateLimitHttpModule,
      UsageHttpModule,
      AdminModule,
    ],
  })
    .overrideProvider(AppConfig)
    .useValue(clients.config)
    .compile();
  app = module.createNestApplication<NestExpressApplication>({ bodyParser: false, logger: false });
  await configureHttp(app, clients.config);
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});
afterAll(async () => {
  await app?.close();
  await clients.close();
});

async function post(path: string, body: object): Promise<Record<string, string>> {
  const authorization = `Bearer ${clients.config.auth.ADMIN_API_KEY}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return JSON.parse(await answer.text());
}

async function makeKey(): Promise<{ key: string; workspaceId: string }> {
  const { id: workspaceId = '' } = await post('/admin/workspaces', { name: 'team' });
  const { key = '' } = await post(`/admin/workspaces/${workspaceId}/api-keys`, { name: 'key' });
  return { key, workspaceId };
}

describe('GET /v1/usage', () => {
  const start = '2026-02-01T00:00:00.000Z';
  const end = '2026-03-01T00:00:00.000Z';
  const range = `start=${start}&end=${end}`;

  it('gives the same rows as CSV, page by page', async () => {
    const { key, workspaceId } = await makeKey();
    const names = ['a/plain', '=1+1', 'with "quotes", commas\nand lines'];
    await app.get(Ledger).write(names.map((model) => usageEvent({ workspaceId, model, createdAt: start })));
    const query = `?${range}&group_by=model,day`;
    const json = await fetch(`${url}/v1/usage${query}`, { headers: { 'x-api-key': key } });
    const pages: string[] = [];
    let next: string | undefined = `${query}&limit=2`;
    while (next !== undefined) {
      const address = new URL(next, `${url}/v1/usage`);
      const page = await fetch(address, { headers: { 'x-api-key': key, accept: 'text/csv' } });
      expect(page.status).toBe(200);
      expect(page.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
      expect(page.headers.get('vary')?.toLowerCase()).toContain('accept');
      pages.push(await page.text());
      next = /^<(.*)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1];
      expect(page.headers.get('x-next-cursor')).toBe(
        next === undefined ? null : new URLSearchParams(next).get('cursor'),
      );
    }
    const [header = ''] = (pages[0] ?? '').split('\r\n');
    expect(pages).toHaveLength(2);
    const text =
      header +
      pages
        .map((page) => page.slice(header.length))
        .join('')
        .replaceAll('\r\n\r\n', '\r\n');
    const row = (model: string) => `${start},,${model},,1,10,5,2,15,0.0000000001`;
    expect(text.trimEnd().split('\r\n')).toEqual([
      'start_time,key_id,model,status,requests,prompt_tokens,completion_tokens,context_tokens,tokens_used,cost',
      row(`'=1+1`),
      row('a/plain'),
      row('"with ""quotes"", commas\nand lines"'),
    ]);
    expect(await json.json()).toMatchObject({
      data: [{ model: '=1+1' }, { model: 'a/plain', requests: 1, cost: '0.0000000001' }, {}],
    });
  });

  it('goes by what the caller likes best, and writes errors as JSON', async () => {
    const { key } = await makeKey();
    const get = (accept: string, query = '') =>
      fetch(`${url}/v1/usage${query}`, { headers: { 'x-api-key': key, accept } });
    const cases = [
      ['*/*', 'application/json'],
      ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'application/json'],
      ['text/*', 'text/csv'],
      ['application/json;q=0.5, text/csv', 'text/csv'],
      ['text/csv;q=0.5, */*', 'application/json'],
      ['text/csv;q=0.5, application/json;q=0', 'text/csv'],
      ['TEXT/CSV; charset=UTF-8', 'text/csv'],
    ];
    for (const [accept = '', type] of cases) {
      const answer = await get(accept);
      expect([accept, answer.headers.get('content-type')?.split(';')[0]]).toEqual([accept, type]);
    }
    for (const accept of ['text/html', 'application/json;q=0', 'text/csv;q=0, application/xml']) {
      const answer = await get(accept);
      expect([answer.status, await answer.json()]).toMatchObject([
        406,
        { error: { code: 'not_acceptable' } },
      ]);
    }
    const fault = await get('text/csv', '?group_by=colour');
    expect([fault.status, await fault.json()]).toMatchObject([400, { error: { param: 'group_by' } }]);
  });
});
