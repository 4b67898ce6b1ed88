import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningProcess, startProcess } from './running-process.js';

export const adminKey = 'admin-key-of-the-e2e-suite';

/** The product as it is deployed: processes of their own, the simulator in the place of OpenRouter. */
export interface Product {
  gateways: RunningProcess[];
  worker: RunningProcess;
  simulator: RunningProcess;
  /** What its processes were started with. */
  env: Record<string, string>;
  /** `gateway-1.log`, `worker.log`, … */
  logDirectory: string;
  /** Where the gateways set usage events aside when neither store takes them. */
  spoolDirectory: string;
  /** Starts another worker, as an orchestrator does when one has died. */
  startWorker(): Promise<RunningProcess>;
  /** The same for a gateway. */
  startGateway(): Promise<RunningProcess>;
  stop(): Promise<void>;
}

interface ProductOptions {
  databaseUrl: string;
  redisUrl: string;
  gateways: number;
  env?: Record<string, string>;
  /** Where the logs are to stay; without it they go when the product stops. */
  logDirectory?: string;
}

/** Migrates, then starts simulator, gateways and worker from the built tree, and waits until all are ready. */
export async function startProduct(options: ProductOptions): Promise<Product> {
  const logDirectory = options.logDirectory ?? (await mkdtemp(join(tmpdir(), 'gateway-e2e-')));
  const running: RunningProcess[] = [];
  const start = (name: string, file: string, env: NodeJS.ProcessEnv, readyPath?: string) =>
    startProcess({ name, file, env, readyPath, logDirectory, spawned: (process) => running.push(process) });
  const stop = async () => {
    await Promise.all(running.map((process) => process.stop()));
    if (options.logDirectory === undefined) await rm(logDirectory, { recursive: true, force: true });
  };
  try {
    const simulator = await start('simulator', 'dist/libs/testing/src/simulator.process.js', {});
    const spoolDirectory = join(logDirectory, 'spool');
    const env = { ...environment(options, simulator, spoolDirectory), ...options.env };
    const migration = await start('migrate', 'dist/migrations/run.js', env);
    await migration.exited;
    let gatewaysStarted = 0;
    const startWorker = () => start('worker', 'dist/apps/worker/src/main.js', env, '/health/ready');
    const startGateway = () =>
      start(`gateway-${(gatewaysStarted += 1)}`, 'dist/apps/gateway/src/main.js', env, '/health/ready');
    const [worker, ...gateways] = await Promise.all([
      startWorker(),
      ...Array.from({ length: options.gateways }, startGateway),
    ]);
    return {
      gateways,
      worker,
      simulator,
      env,
      logDirectory,
      spoolDirectory,
      startWorker,
      startGateway,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const environment = (
  { databaseUrl, redisUrl }: ProductOptions,
  simulator: RunningProcess,
  spoolDirectory: string,
): Record<string, string> => ({
  NODE_ENV: 'test',
  LOG_LEVEL: 'debug',
  HOST: '127.0.0.1',
  DATABASE_URL: databaseUrl,
  REDIS_URL: redisUrl,
  API_KEY_PEPPER: 'pepper-of-the-e2e-suite',
  ADMIN_API_KEY: adminKey,
  OPENROUTER_BASE_URL: `${simulator.url}/api/v1`,
  OPENROUTER_API_KEY: 'sk-or-v1-simulator',
  OPENROUTER_FIRST_TOKEN_TIMEOUT_MS: '3000',
  OPENROUTER_IDLE_TIMEOUT_MS: '3000',
  // Every spec breaks the same few models; a breaker that one of them opened would strike all.
  OPENROUTER_BREAKER_MIN_CALLS: '100000',
  MODEL_CATALOGUE_TTL_SECONDS: '1',
  USAGE_SPOOL_DIR: spoolDirectory,
});
