import type { TestProject } from 'vitest/node';
import {
  realServersAvailable,
  startEmbeddedPostgres,
  startEmbeddedRedis,
  startRealPostgres,
  startRealRedis,
} from '#embedded';
import { migrate } from '../../migrations/run.js';

declare module 'vitest' {
  interface ProvidedContext {
    databaseUrl: string;
    redisUrl: string;
    stores: 'real' | 'embedded';
  }
}

/**
 * Starts the stores that integration specs run on, migrated once. `TEST_STORES=real|embedded` decides; without it the real
 * servers are used where they are installed. It says which.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const wanted = process.env['TEST_STORES'];
  const stores = wanted === 'real' || (wanted !== 'embedded' && realServersAvailable()) ? 'real' : 'embedded';
  const [postgres, redis] =
    stores === 'real'
      ? await Promise.all([startRealPostgres(), startRealRedis()])
      : await Promise.all([startEmbeddedPostgres(), startEmbeddedRedis()]);
  await migrate(postgres.url);
  console.log(`Integration specs run on ${stores} stores`);
  project.provide('databaseUrl', postgres.url);
  project.provide('redisUrl', redis.url);
  project.provide('stores', stores);
  return async () => {
    await Promise.all([postgres.stop(), redis.stop()]);
  };
}
