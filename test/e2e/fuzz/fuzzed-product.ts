import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, type Dispatcher, request } from 'undici';
import { type RunningStores, startStores } from '../../running-stores.js';
import { type Product, startProduct } from '../product.js';
import { type Json, newTenant, type Tenant, until } from '../tenant.js';
import { type HeapProbe, inspectable, probeHeap } from './heap-probe.js';
import { type RawUpstream, startRawUpstream } from './raw-upstream.js';
import type { Reply } from './well-formed.js';

const mostInFlight = 1_000;
/** Much more than any call may take: whatever is silent for so long hangs. */
const patienceMs = 70_000;

/** Nothing that a limit, a breaker or patience would refuse is a finding here. */
const environment = {
  LOG_LEVEL: 'info',
  RATE_LIMIT_REQUESTS: '1000000',
  RATE_LIMIT_TOKENS: '0',
  RATE_LIMIT_PARALLEL: String(mostInFlight),
  DEFAULT_DAILY_QUOTA_TOKENS: String(Number.MAX_SAFE_INTEGER),
  REDIS_COMMAND_TIMEOUT_MS: '5000',
  OPENROUTER_FIRST_TOKEN_TIMEOUT_MS: '20000',
  OPENROUTER_IDLE_TIMEOUT_MS: '20000',
  OPENROUTER_TOTAL_TIMEOUT_MS: '60000',
  OPENROUTER_MAX_ATTEMPTS: '2',
  OPENROUTER_RETRY_MAX_WAIT_MS: '20',
  MODEL_CATALOGUE_TTL_SECONDS: '300',
  EMBEDDING_PROVIDER: 'openrouter',
  EMBEDDING_MODEL: 'sim/embed',
  EMBEDDING_DIMENSIONS: '384',
};

/** A product of its own, with a tenant that may do everything, and what a fuzz run looks at when it is over. */
export class FuzzedProduct {
  private constructor(
    private readonly stores: RunningStores,
    private readonly product: Product,
    readonly upstream: RawUpstream,
    readonly tenant: Tenant,
    readonly heap: HeapProbe,
  ) {}

  private readonly agent = new Agent({
    connections: 64,
    bodyTimeout: patienceMs,
    headersTimeout: patienceMs,
  });

  static async start(): Promise<FuzzedProduct> {
    const stores = await startStores();
    let product: Product | undefined;
    const upstream = await startRawUpstream(() => product?.simulator.url ?? '');
    product = await startProduct({
      databaseUrl: stores.databaseUrl,
      redisUrl: stores.redisUrl,
      gateways: 1,
      env: {
        ...environment,
        ...inspectable,
        OPENROUTER_BASE_URL: upstream.baseUrl,
        ...(stores.kind === 'embedded' && { DATABASE_POOL_SIZE: '2' }),
      },
    });
    const tenant = await newTenant({ gatewayUrl: product.gateways[0]?.url ?? '' });
    const heap = await probeHeap(join(product.logDirectory, 'gateway-1.log'));
    return new FuzzedProduct(stores, product, upstream, tenant, heap);
  }

  get simulatorUrl(): string {
    return this.product.simulator.url;
  }

  /** One request as the tenant. A connection that breaks, or no answer in time, shows in the reply; without a status it is 0. */
  async post(path: string, body: Buffer, headers: Record<string, string> = {}): Promise<Reply> {
    const answer = await this.request(path, body, headers).catch((error: unknown) => String(error));
    if (typeof answer === 'string') return { path, status: 0, type: '', text: answer, isWhole: false };
    const { text, isWhole } = await textOf(answer);
    return { path, status: answer.statusCode, type: String(answer.headers['content-type']), text, isWhole };
  }

  /** A stream that nobody has read yet. */
  open(path: string, body: Buffer): Promise<Dispatcher.ResponseData> {
    return this.request(path, body);
  }

  /** Waits until nothing is in flight, for the gateway and for the limits: whatever came, every slot was given back. */
  async untilIdle(): Promise<void> {
    await until(
      'all calls to be settled',
      async () => (await this.tenant.call('GET', '/v1/key')).body.limits.parallel.remaining,
      (left) => left === mostInFlight,
    );
  }

  /** Lines of the gateway's log that tell of a fault of ours. */
  async faultsInLog(): Promise<Json[]> {
    const log = await readFile(join(this.product.logDirectory, 'gateway-1.log'), 'utf8');
    return log
      .split('\n')
      .filter((line) =>
        /unhandled|uncaught|request_failed|background_task_failed|"exception":"TypeError/i.test(line),
      )
      .filter((line) => !line.includes('"exception":"UpstreamError'))
      .slice(0, 5);
  }

  private request(path: string, body: Buffer, headers: Record<string, string> = {}) {
    const authorization = `Bearer ${this.tenant.key}`;
    return request(`${this.product.gateways[0]?.url}${path}`, {
      dispatcher: this.agent,
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', ...headers },
      body,
    });
  }

  async stop(): Promise<void> {
    this.heap.close();
    await this.agent.destroy();
    await this.product.stop();
    await Promise.all([this.upstream.close(), this.stores.stop()]);
  }
}

async function textOf({ body }: Dispatcher.ResponseData): Promise<{ text: string; isWhole: boolean }> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of body) pieces.push(piece as Buffer);
    return { text: Buffer.concat(pieces).toString(), isWhole: true };
  } catch {
    return { text: Buffer.concat(pieces).toString(), isWhole: false };
  }
}
