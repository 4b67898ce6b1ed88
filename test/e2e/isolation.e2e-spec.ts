import { beforeAll, describe, expect, inject, it } from 'vitest';
import { http, newTenant, type Json, type Tenant, until } from './tenant.js';

/** In every text of A's, and in no question of B's: whoever finds it in an answer to B has found a leak. */
const canary = 'QUOKKA-7731';

/** What A has. */
interface Ids {
  item: string;
  job: string;
  receipt: string;
  erasure: string;
  workingSet: string;
}

interface Probe {
  path?: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** Of a probe that names an id of A's: 404. */
  status: number;
  /** What the answer must show beside no leak. */
  empty?: (body: Json) => unknown;
}

const ask = [{ role: 'user', content: 'What is the code of the vault?' }];
const recallAll = { recall: true, session: 'shared' };
const none = (body: Json) => body.data;
const noLines = (body: Json) => body.text.split('\n').filter(Boolean);

/** How B tries each route that takes an API key, as the OpenAPI document names them. */
const probesOf = ({ item, job, receipt, erasure, workingSet }: Ids): Record<string, Probe> => ({
  'get /v1/key': { status: 200 },
  'get /v1/usage': { path: '/v1/usage?group_by=key,model', status: 200, empty: none },
  'get /v1/models': { status: 200 },
  'get /v1/models/count': { status: 200 },
  'get /v1/model/{id}': { path: '/v1/model/sim%2Ffast', status: 200 },
  'get /v1/models/{id}': { path: '/v1/models/sim%2Ffast', status: 200 },
  'post /v1/context/items': {
    body: { content: 'a note of B', session: 'shared', external_id: 'a/vault' },
    status: 202,
  },
  'get /v1/context/items': {
    path: '/v1/context/items?session=shared&filter={"owner":"a"}',
    status: 200,
    empty: none,
  },
  'get /v1/context/items/{id}': { path: `/v1/context/items/${item}`, status: 404 },
  'patch /v1/context/items/{id}': { path: `/v1/context/items/${item}`, body: { title: 'of B' }, status: 404 },
  'delete /v1/context/items/{id}': { path: `/v1/context/items/${item}`, status: 404 },
  'post /v1/context/files': {
    body: { file: { filename: 'b.txt', data: 'YSBub3RlIG9mIEI=' }, external_id: 'a/vault' },
    status: 202,
  },
  'post /v1/context/jobs/{id}/retry': { path: `/v1/context/jobs/${job}/retry`, status: 404 },
  'get /v1/context/jobs/{id}': { path: `/v1/context/jobs/${job}`, status: 404 },
  'post /v1/context/recall': {
    body: { query: 'the code of the vault', filter: { owner: 'a' }, explain: true },
    status: 200,
    empty: (body) => [...body.items, ...body.explain.candidates],
  },
  'get /v1/context/health': { status: 200 },
  'get /v1/context/receipts/{id}': { path: `/v1/context/receipts/${receipt}`, status: 404 },
  'post /v1/context/forget': {
    body: { filter: { owner: 'a' }, dry_run: false },
    status: 200,
    empty: (body) => [...body.item_ids, ...Object.values(body.counts).filter(Boolean)],
  },
  'get /v1/context/erasures': {
    status: 200,
    empty: (body) => body.data.filter(({ id }: Json) => id === erasure),
  },
  'get /v1/context/erasures/{id}': { path: `/v1/context/erasures/${erasure}`, status: 404 },
  'post /v1/context/working-sets': { body: { name: 'shared', pinned_items: [item] }, status: 400 },
  'get /v1/context/collections': { status: 200, empty: none },
  'get /v1/context/sessions': { status: 200 },
  'get /v1/context/working-sets': { status: 200, empty: none },
  'get /v1/context/working-sets/{set}': { path: `/v1/context/working-sets/${workingSet}`, status: 404 },
  'get /v1/context/working-sets/{set}/render': {
    path: '/v1/context/working-sets/shared/render',
    status: 404,
  },
  'patch /v1/context/working-sets/{set}': {
    path: '/v1/context/working-sets/shared',
    body: { session: 'of B' },
    status: 404,
  },
  'delete /v1/context/working-sets/{set}': { path: `/v1/context/working-sets/${workingSet}`, status: 404 },
  'get /v1/context/export': { path: '/v1/context/export?filter={"owner":"a"}', status: 200, empty: noLines },
  'post /v1/context/import': {
    body: `${JSON.stringify({ id: item, content: 'imported by B', external_id: 'a/vault2', session: 'shared' })}\n`,
    headers: { 'content-type': 'application/x-ndjson' },
    status: 202,
  },
  'post /v1/chat/completions': {
    body: { model: 'demo/echo-with-context', messages: ask, context: recallAll },
    status: 200,
  },
  'post /v1/responses': {
    body: { model: 'demo/echo-with-context', input: 'What is the code of the vault?' },
    headers: { 'x-context-recall': 'true' },
    status: 200,
  },
  'post /v1/messages': {
    body: { model: 'demo/echo-with-context', messages: ask, max_tokens: 99 },
    headers: { 'x-context-recall': 'true' },
    status: 200,
  },
  'post /v1/messages/count_tokens': {
    body: { model: 'demo/echo-with-context', messages: ask },
    headers: { 'x-context-recall': 'true' },
    status: 200,
  },
  'post /v1/completions': { body: { model: 'sim/fast', prompt: 'the code of the vault' }, status: 200 },
  'post /v1/embeddings': { body: { model: 'sim/embed', input: 'the code of the vault' }, status: 200 },
});

describe('a tenant, with the ids of another', () => {
  let a: Tenant;
  let b: Tenant;
  let ids: Ids;
  let probes: Record<string, Probe>;

  beforeAll(async () => {
    [a, b] = await Promise.all([newTenant({ key: { name: canary } }), newTenant()]);
    const stored = await a.call('POST', '/v1/context/items?wait=true', {
      content: `The code of the vault is ${canary}.`,
      title: canary,
      session: 'shared',
      collection: `collection of ${canary}`,
      external_id: 'a/vault',
      metadata: { owner: 'a' },
    });
    expect(stored.status).toBe(201);
    const chat = await a.call('POST', '/v1/chat/completions', {
      model: 'demo/echo-with-context',
      messages: ask,
      context: recallAll,
    });
    // That the probe of B would show it: A is shown it.
    expect(JSON.stringify(chat.body)).toContain(canary);
    const erasure = await a.call('POST', '/v1/context/forget', { session: `session of ${canary}` });
    const workingSet = await a.call('POST', '/v1/context/working-sets', {
      name: 'shared',
      pinned_items: [stored.body.items[0].id],
      queries: [{ query: canary }],
    });
    await until(
      'the worker to know the set',
      () => a.call('GET', '/v1/context/working-sets/shared'),
      ({ body }) => body.stale === false,
    );
    ids = {
      item: stored.body.items[0].id,
      job: stored.body.job.id,
      receipt: chat.headers.get('x-context-receipt') ?? '',
      erasure: erasure.body.id,
      workingSet: workingSet.body.id,
    };
    await until(
      'the receipt',
      () => a.call('GET', `/v1/context/receipts/${ids.receipt}`),
      ({ status }) => status === 200,
    );
    probes = probesOf(ids);
  });

  it('has a probe for every route of the document that takes an API key', async () => {
    const document = await http('GET', `${inject('gatewayUrl')}/docs/openapi.json`);
    const routes = Object.entries<Json>(document.body.paths).flatMap(([path, operations]) =>
      Object.entries<Json>(operations)
        .filter(([, { security }]) => security?.some((scheme: Json) => 'api-key' in scheme))
        .map(([method]) => `${method} ${path}`),
    );
    expect(Object.keys(probes).toSorted()).toEqual(routes.toSorted());
  });

  it('is shown nothing, by any route, and leaves everything as it is', async () => {
    const ofA = async () => [
      await a.call('GET', '/v1/context/export'),
      await a.call('GET', `/v1/context/receipts/${ids.receipt}`),
      await a.call('GET', '/v1/context/erasures'),
      await a.call('GET', '/v1/context/working-sets/shared'),
      await a.call('GET', '/v1/context/working-sets/shared/render'),
    ];
    const bodies = (answers: Json[]) => answers.map(({ body }) => body);
    const before = bodies(await ofA());
    expect(JSON.stringify(before)).toContain(canary);
    for (const [route, { path, body, headers, status, empty }] of Object.entries(probes)) {
      const [method = '', template = ''] = route.split(' ');
      const answer = await b.call(method.toUpperCase(), path ?? template, body, headers);
      const shown = JSON.stringify([...answer.headers, answer.body]);
      const leaks = [canary, a.workspaceId, a.keyId].filter((word) => shown.includes(word));
      const found = empty?.(answer.body) ?? [];
      expect({ route, status: answer.status, leaks, found }).toEqual({ route, status, leaks: [], found: [] });
    }
    expect(bodies(await ofA())).toEqual(before);
  });
});
