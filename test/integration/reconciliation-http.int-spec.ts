import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { getQueueToken } from '@nestjs/bullmq';
import type { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { newId } from '#common';
import { AppConfig, ConfigModule } from '#config';
import { DatabaseModule } from '#database';
import { ObservabilityModule } from '#observability';
import { QueuesModule } from '#queues';
import { RedisCommands, RedisModule } from '#redis';
import { AdminModule } from '../../apps/gateway/src/admin/admin.module.js';
import { AuthHttpModule } from '../../apps/gateway/src/auth/index.js';
import { configureHttp } from '../../apps/gateway/src/http/configure-http.js';
import { RateLimitHttpModule } from '../../apps/gateway/src/rate-limit/index.js';
import { UsageHttpModule } from '../../apps/gateway/src/usage/usage-http.module.js';
import { worker } from './reconciliation.harness.js';
import { connectStores, type StoreClients, until } from './store-clients.js';

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
})
class AdminOnlyModule {}

let app: NestExpressApplication;
let clients: StoreClients;
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
  clients = await connectStores();
  app = await NestFactory.create<NestExpressApplication>(AdminOnlyModule, {
    bodyParser: false,
    logger: ['error'],
  });
  await configureHttp(app, app.get(AppConfig));
  await app.listen(0, '127.0.0.1');
  url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  await clients.redis.flushdb();
});
afterAll(async () => {
  await app?.close();
  await clients?.close();
});

async function admin(method: string, path: string, body?: unknown) {
  const response = await fetch(`${url}/admin/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${adminKey}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const json: ReturnType<typeof JSON.parse> = await response.json();
  return { status: response.status, body: json };
}

describe('/admin/reconciliation', () => {
  it('queues both jobs under the ids it answers with', async () => {
    const { body: workspace } = await admin('POST', 'workspaces', { name: 'drifting' });
    const { status, body } = await admin('POST', 'reconciliation', { workspace_id: workspace.id });
    expect(status).toBe(202);
    expect(body).toEqual({
      object: 'reconciliation_request',
      workspace_id: workspace.id,
      jobs: [
        { id: expect.any(String), job: 'correct-estimates' },
        { id: expect.any(String), job: 'reconcile-quotas' },
      ],
    });
    const queue: Queue = app.get(getQueueToken('usage'));
    const [estimates, quotas] = await Promise.all(
      body.jobs.map(({ id }: { id: string }) => queue.getJob(id)),
    );
    expect(estimates).toMatchObject({ name: 'correct-estimates', data: {} });
    expect(quotas).toMatchObject({ name: 'reconcile-quotas', data: { workspace_id: workspace.id } });
  });

  it('takes an empty object for all', async () => {
    expect(await admin('POST', 'reconciliation', {})).toMatchObject({
      status: 202,
      body: { workspace_id: null },
    });
  });

  it.each([
    [{ workspace_id: newId() }, 404, null],
    [{ workspace_id: 'mine' }, 400, 'workspace_id'],
    [{ workspace: newId() }, 400, 'workspace'],
  ])('refuses %j with %i', async (request, status, param) => {
    expect(await admin('POST', 'reconciliation', request)).toMatchObject({
      status,
      body: { error: { param } },
    });
  });

  it('shows what the last runs found, and that there was none', async () => {
    expect(await admin('GET', 'reconciliation')).toEqual({
      status: 200,
      body: { object: 'reconciliation', quotas: null, estimates: null },
    });
    const { quotas, estimates } = worker(clients);
    const runs = { quotas: await quotas.run(newId()), estimates: await estimates.run() };
    expect((await admin('GET', 'reconciliation')).body).toEqual({ object: 'reconciliation', ...runs });
  });

  it('is for operators', async () => {
    const json = { headers: { 'content-type': 'application/json' }, body: '{}' };
    for (const request of [{}, { method: 'POST', ...json }]) {
      expect((await fetch(`${url}/admin/reconciliation`, request)).status).toBe(401);
    }
  });

  it('says 503 while Redis takes nothing', async () => {
    app.get(RedisCommands).disconnect();
    await until(() => app.get(RedisCommands).status === 'end');
    expect(await admin('GET', 'reconciliation')).toMatchObject({
      status: 503,
      body: { error: { code: 'redis_unavailable' } },
    });
  });
});
