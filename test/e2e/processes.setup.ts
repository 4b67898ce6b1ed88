import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import {
  startRealPostgres,
  startRealRedis,
  realServersAvailable,
  startEmbeddedPostgres,
  startEmbeddedRedis,
} from '#embedded';
import { startProcess, type RunningProcess } from './running-process.js';

declare module 'vitest' {
  interface ProvidedContext {
    gatewayUrl: string;
    secondGatewayUrl: string;
    simulatorUrl: string;
    adminKey: string;
    databaseUrl: string;
    redisUrl: string;
    workerPid: number;
    logDirectory: string;
  }
}

const adminKey = 'admin-key-of-the-e2e-suite';

/** The product as it is deployed: two gateways and a worker as processes of their own, over real stores and real HTTP. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'gateway-e2e-'));
  const [postgres, redis] = realServersAvailable()
    ? await Promise.all([startRealPostgres(), startRealRedis()])
    : await Promise.all([startEmbeddedPostgres(), startEmbeddedRedis()]);
  const running: RunningProcess[] = [];
  const stop = async () => {
    await Promise.all(running.map((process) => process.stop()));
    await Promise.all([postgres.stop(), redis.stop()]);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const start = async (name: string, file: string, env: NodeJS.ProcessEnv, readyPath?: string) => {
      const process = await startProcess({ name, file, env, readyPath, logDirectory: directory });
      running.push(process);
      return process;
    };
    const simulator = await start('simulator', 'dist/libs/testing/src/simulator.process.js', {});
    const env = {
      NODE_ENV: 'test',
      LOG_LEVEL: 'debug',
      HOST: '127.0.0.1',
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      API_KEY_PEPPER: 'pepper-of-the-e2e-suite',
      ADMIN_API_KEY: adminKey,
      OPENROUTER_BASE_URL: `${simulator.url}/api/v1`,
      OPENROUTER_API_KEY: 'sk-or-v1-simulator',
      OPENROUTER_FIRST_TOKEN_TIMEOUT_MS: '3000',
      OPENROUTER_IDLE_TIMEOUT_MS: '3000',
      MODEL_CATALOGUE_TTL_SECONDS: '1',
    };
    await start('migrate', 'dist/migrations/run.js', env).then((migration) => migration.exited);
    const [gateway, second, worker] = await Promise.all([
      start('gateway-1', 'dist/apps/gateway/src/main.js', { ...env, PORT: '0' }, '/health/ready'),
      start('gateway-2', 'dist/apps/gateway/src/main.js', { ...env, PORT: '0' }, '/health/ready'),
      start('worker', 'dist/apps/worker/src/main.js', { ...env, WORKER_HEALTH_PORT: '0' }, '/health/ready'),
    ]);
    project.provide('gatewayUrl', gateway.url);
    project.provide('secondGatewayUrl', second.url);
    project.provide('simulatorUrl', simulator.url);
    project.provide('adminKey', adminKey);
    project.provide('databaseUrl', postgres.url);
    project.provide('redisUrl', redis.url);
    project.provide('workerPid', worker.pid);
    project.provide('logDirectory', directory);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}
