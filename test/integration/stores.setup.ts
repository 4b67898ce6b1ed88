import type { TestProject } from 'vitest/node';
import { migrate } from '../../migrations/run.js';
import { startStores, type StoreKind } from '../running-stores.js';

declare module 'vitest' {
  interface ProvidedContext {
    databaseUrl: string;
    redisUrl: string;
    stores: StoreKind;
  }
}

/**
 * Starts the stores that integration specs run on, migrated once. `TEST_STORES=real|embedded` decides; without it the real
 * servers are used where they are installed. It says which.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stores = await startStores(process.env['TEST_STORES']);
  await migrate(stores.databaseUrl);
  console.log(`Integration specs run on ${stores.kind} stores`);
  project.provide('databaseUrl', stores.databaseUrl);
  project.provide('redisUrl', stores.redisUrl);
  project.provide('stores', stores.kind);
  return () => stores.stop();
}
