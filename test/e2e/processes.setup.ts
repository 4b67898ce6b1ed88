import type { TestProject } from 'vitest/node';
import { startStores } from '../running-stores.js';
import { startProduct } from './product.js';

declare module 'vitest' {
  interface ProvidedContext {
    gatewayUrl: string;
    secondGatewayUrl: string;
    workerUrl: string;
    simulatorUrl: string;
    logDirectory: string;
    /** For a further gateway over the same stores. */
    productEnv: Record<string, string>;
  }
}

/** One product for all specs: two gateways and a worker over real stores where they are installed, else the embedded ones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stores = await startStores();
  const { databaseUrl, redisUrl } = stores;
  const env: Record<string, string> = {
    // Two busy cores must not look like a slow Redis; the specs of a slow one start their own product.
    REDIS_COMMAND_TIMEOUT_MS: '5000',
    ...(stores.kind === 'real' ? {} : { DATABASE_POOL_SIZE: '2' }),
  };
  const product = await startProduct({ databaseUrl, redisUrl, gateways: 2, env }).catch(
    async (error: unknown) => {
      await stores.stop();
      throw error;
    },
  );
  project.provide('gatewayUrl', product.gateways[0]?.url ?? '');
  project.provide('secondGatewayUrl', product.gateways[1]?.url ?? '');
  project.provide('workerUrl', product.worker.url);
  project.provide('simulatorUrl', product.simulator.url);
  project.provide('logDirectory', product.logDirectory);
  project.provide('productEnv', product.env);
  return async () => {
    await product.stop();
    await stores.stop();
  };
}
