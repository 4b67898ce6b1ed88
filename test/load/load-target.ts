import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adminKey, type Product, startProduct } from '../e2e/product.js';
import { type RunningProcess, startProcess } from '../e2e/running-process.js';
import { startStores, type StoreKind } from '../running-stores.js';

/** One gateway with everything behind it, and a key that no limit stops. */
export interface LoadTarget {
  stores: StoreKind;
  gateway: RunningProcess;
  simulator: RunningProcess;
  /** Where the gateway calls, without a path. */
  upstreamUrl: string;
  key: string;
  /** Starts a helper from the built tree beside it; it ends with the target. */
  start(name: string, file: string, env?: NodeJS.ProcessEnv): Promise<RunningProcess>;
  stop(): Promise<void>;
}

/** Where V8's profiles of the processes go, if anywhere; open them in a browser's tools. */
const profileDirectory = process.env['CPU_PROFILE_DIR'];
const profiling = profileDirectory ? ` --cpu-prof --cpu-prof-dir=${profileDirectory}` : '';

/** Limits are counted as always, but reached by nobody. */
const environment = {
  NODE_ENV: 'production',
  // As deploy/Dockerfile starts the gateway.
  NODE_OPTIONS: `--max-semi-space-size=64${profiling}`,
  LOG_LEVEL: 'info',
  RATE_LIMIT_REQUESTS: '1000000',
  RATE_LIMIT_WINDOW: '1',
  RATE_LIMIT_TOKENS: '100000000',
  RATE_LIMIT_PARALLEL: '100000',
  DEFAULT_DAILY_QUOTA_TOKENS: String(Number.MAX_SAFE_INTEGER),
  // On a machine that is full on purpose a slow store is no outage.
  REDIS_COMMAND_TIMEOUT_MS: '5000',
  OPENROUTER_FIRST_TOKEN_TIMEOUT_MS: '60000',
  OPENROUTER_IDLE_TIMEOUT_MS: '60000',
};

/** @param upstream built file that stands for OpenRouter; the simulator when absent */
export async function startLoadTarget(upstream?: string): Promise<LoadTarget> {
  const stores = await startStores();
  const directory = await mkdtemp(join(tmpdir(), 'gateway-load-'));
  const helpers: RunningProcess[] = [];
  let product: Product | undefined;
  const start = async (name: string, file: string, env: NodeJS.ProcessEnv = {}) => {
    const helper = await startProcess({ name, file, env, readyPath: '/', logDirectory: directory });
    helpers.push(helper);
    return helper;
  };
  const stop = async () => {
    await product?.stop();
    await Promise.all([...helpers.map((helper) => helper.stop()), stores.stop()]);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const stand = upstream === undefined ? undefined : await start('upstream', upstream);
    const { kind, databaseUrl, redisUrl } = stores;
    const env = { ...environment, ...(stand && { OPENROUTER_BASE_URL: stand.url }) };
    product = await startProduct({ databaseUrl, redisUrl, gateways: 1, env });
    const [gateway] = product.gateways;
    if (!gateway) throw new Error('No gateway was started');
    const { simulator } = product;
    const upstreamUrl = stand?.url ?? simulator.url;
    return { stores: kind, gateway, simulator, upstreamUrl, key: await newKey(gateway.url), start, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function newKey(url: string): Promise<string> {
  const make = async (path: string): Promise<Record<string, string>> => {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'load' }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json() as Promise<Record<string, string>>;
  };
  const { id } = await make('/admin/workspaces');
  const { key } = await make(`/admin/workspaces/${id}/api-keys`);
  return key ?? '';
}
