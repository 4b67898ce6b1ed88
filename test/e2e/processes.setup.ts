import type { TestProject } from 'vitest/node';
import {
  realServersAvailable,
  startEmbeddedPostgres,
  startEmbeddedRedis,
  startRealPostgres,
  startRealRedis,
} from '#embedded';
import { startProduct } from './product.js';

declare module 'vitest' {
  interface ProvidedContext {
    gatewayUrl: string;
    secondGatewayUrl: string;
    workerUrl: string;
    simulatorUrl: string;
    logDirectory: string;
  }
}

/** One product for all specs: two gateways and a worker over real stores where they are installed, else the embedded ones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [postgres, redis] = realServersAvailable()
    ? await Promise.all([startRealPostgres(), startRealRedis()])
    : await Promise.all([startEmbeddedPostgres(), startEmbeddedRedis()]);
  const stopStores = () => Promise.all([postgres.stop(), redis.stop()]);
  const pool = realServersAvailable() ? {} : { DATABASE_POOL_SIZE: '2' };
  const product = await startProduct({
    databaseUrl: postgres.url,
    redisUrl: redis.url,
    gateways: 2,
    env: pool,
  }).catch(async (error: unknown) => {
    await stopStores();
    throw error;
  });
  project.provide('gatewayUrl', product.gateways[0]?.url ?? '');
  project.provide('secondGatewayUrl', product.gateways[1]?.url ?? '');
  project.provide('workerUrl', product.worker.url);
  project.provide('simulatorUrl', product.simulator.url);
  project.provide('logDirectory', product.logDirectory);
  return async () => {
    await product.stop();
    await stopStores();
  };
}
