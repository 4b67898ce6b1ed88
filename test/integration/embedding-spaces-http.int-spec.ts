import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppConfig, ConfigModule } from '#config';
import { EMBEDDER, FillService, RecallService, SweepService } from '#context-memory';
import { DatabaseModule } from '#database';
import { ObservabilityModule } from '#observability';
import { QueuesModule } from '#queues';
import { RedisModule } from '#redis';
import { type Simulator, startSimulator } from '#testing';
import { AdminModule } from '../../apps/gateway/src/admin/admin.module.js';
import { AuthHttpModule } from '../../apps/gateway/src/auth/index.js';
import { configureHttp } from '../../apps/gateway/src/http/configure-http.js';
import { RateLimitHttpModule } from '../../apps/gateway/src/rate-limit/index.js';
import { UsageHttpModule } from '../../apps/gateway/src/usage/usage-http.module.js';
import { memoryOn, newWorkspace, note, WordEmbedder } from './context-memory.harness.js';
import { connectStores, type StoreClients } from './store-clients.js';

let clients: StoreClients;
let simulator: Simulator;
let app: NestExpressApplication;
let workspace: string;
let url: string;
const embedder = new WordEmbedder();
const remote = { provider: 'openrouter', model: 'sim/embed', dimensions: 96 };

beforeAll(async () => {
  simulator = await startSimulator({ apiKey: 'our-key' });
  clients = await connectStores({
    LOG_LEVEL: 'silent',
    OPENROUTER_BASE_URL: simulator.url,
    OPENROUTER_API_KEY: 'our-key',
  });
  // Fills go over all workspaces: what other tests left is theirs.
  await clients.dataSource.query(`DELETE FROM context_items`);
  await clients.dataSource.query(`DELETE FROM embedding_fills`);
  const memory = await memoryOn(clients, embedder);
  workspace = await newWorkspace(clients);
  await memory.ingest.ingest(workspace, [
    note('The heron nests in March'),
    note('Deploys go out on Tuesdays'),
  ]);
  await memory.work();
  const module = await Test.createTestingModule({
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
  })
    .overrideProvider(AppConfig)
    .useValue(clients.config)
    .overrideProvider(EMBEDDER)
    .useValue(embedder)
    .compile();
  app = module.createNestApplication<NestExpressApplication>({ bodyParser: false, logger: false });
  await configureHttp(app, clients.config);
  await app.listen(0, '127.0.0.1');
  url = `${await app.getUrl()}/admin/embedding-spaces`;
});
afterAll(async () => {
  await app?.close();
  await simulator?.close();
  await clients?.close();
});

/** What the specs look into. */
interface Answer {
  id: number;
  data: { id: number; model: string; status: string }[];
  error: { param: string | null; code: string };
}

async function admin(method: string, path = '', body?: unknown, key = clients.config.auth.ADMIN_API_KEY) {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, json: (await response.json()) as Answer };
}

const fillAll = async () => {
  while ((await app.get(FillService).run()) > 0);
};
const recall = (query: string) => app.get(RecallService).recall(workspace, { query });

describe('embedding spaces over HTTP', () => {
  it('are changed, tried and taken back by one call each', async () => {
    const created = await admin('POST', '', remote);
    expect(created).toMatchObject({
      status: 201,
      json: { object: 'embedding_space', ...remote, status: 'standby', filling: true, activated_at: null },
    });
    const { id } = created.json;
    await fillAll();
    expect((await admin('GET', `/${id}`)).json).toMatchObject({
      filling: false,
      filled_at: expect.any(String),
      fill: { total: 2, done: 2, failed: 0, failures: [] },
    });
    expect(await admin('POST', '', remote)).toMatchObject({ status: 201, json: { id, filling: false } });

    expect(await admin('POST', `/${id}/activate`)).toMatchObject({ status: 200, json: { status: 'active' } });
    // To the simulator's model a text is like itself and nothing else.
    const inRemote = await recall('The heron nests in March');
    expect(inRemote.explanation.space).toBe('openrouter/sim/embed@96');
    expect(inRemote.items[0]).toMatchObject({ content: 'The heron nests in March', scores: { dense: 1 } });
    expect(await admin('DELETE', `/${id}`)).toMatchObject({
      status: 409,
      json: { error: { code: 'embedding_space_in_use' } },
    });

    const first = (await admin('GET')).json.data.find(({ model }) => model === embedder.space.model);
    expect(first?.status).toBe('standby');
    expect((await admin('POST', `/${first?.id}/activate`)).status).toBe(200);
    expect((await recall('heron')).explanation.space).toContain(embedder.space.model);
    expect(await admin('DELETE', `/${id}`)).toMatchObject({ status: 202, json: { status: 'retired' } });
    await clients.dataSource.query(`UPDATE embedding_spaces SET retired_at = NULL WHERE id = $1`, [id]);
    await app.get(SweepService).sweep();
    expect((await admin('GET', `/${id}`)).status).toBe(404);
  });

  it('are refused when nothing could fill them, naming the field', async () => {
    const refused: [unknown, string][] = [
      [{ provider: 'elsewhere' }, 'provider'],
      [{ provider: 'local', model: 'x' }, 'model'],
      [{ provider: 'local', dimensions: 8 }, 'dimensions'],
      [{ provider: 'openrouter', dimensions: 8 }, 'model'],
      [{ provider: 'openrouter', model: 'sim/embed' }, 'dimensions'],
      [{ provider: 'openrouter', model: 'sim/embed', dimensions: 4_001 }, 'dimensions'],
      [{ provider: 'openrouter', model: 'sim/nowhere', dimensions: 8 }, 'model'],
      [{ provider: 'openrouter', model: 'a'.repeat(201), dimensions: 8 }, 'model'],
    ];
    for (const [body, param] of refused) {
      expect(await admin('POST', '', body)).toMatchObject({ status: 400, json: { error: { param } } });
    }
    for (const id of ['0', '-1', '40000', '1e3', 'x', '99999999999999999999']) {
      expect((await admin('GET', `/${id}`)).status).toBe(404);
      expect((await admin('POST', `/${id}/activate`)).status).toBe(404);
      expect((await admin('DELETE', `/${id}`)).status).toBe(404);
    }
    expect((await admin('GET', '', undefined, 'not-the-key')).status).toBe(401);
  });
});
