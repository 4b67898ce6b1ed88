import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { startRealPostgres, startRealRedis } from '#embedded';
import { adminKey, type Product, startProduct } from '../../e2e/product.js';
import type { RunningProcess } from '../../e2e/running-process.js';
import { http, type Json } from '../../e2e/tenant.js';
import type { Caller } from './call.js';
import { Fleet } from './fleet.js';
import { faults } from './plan.js';

type RealServer = Awaited<ReturnType<typeof startRealRedis>>;

/** Short, so that what a killed gateway held lapses within the run. */
const longestCallMs = 8_000;
/** Logs and report of the last run stay here. */
export const keptIn = join(import.meta.dirname, '../../../.data/chaos');

/** Everything a run happens on: its own stores, and the product as it is deployed. */
export class Stage {
  worker: RunningProcess;

  private constructor(
    readonly postgres: RealServer,
    readonly redis: RealServer,
    readonly product: Product,
    readonly fleet: Fleet,
  ) {
    this.worker = product.worker;
  }

  /** Redis keeps nothing on disk: what it forgets when it is killed is the point. */
  static async start(): Promise<Stage> {
    await rm(keptIn, { recursive: true, force: true });
    await mkdir(keptIn, { recursive: true });
    const [postgres, redis] = await Promise.all([startRealPostgres(), startRealRedis()]);
    try {
      const env = { LOG_LEVEL: 'warn', OPENROUTER_TOTAL_TIMEOUT_MS: String(longestCallMs) };
      const stores = { databaseUrl: postgres.url, redisUrl: redis.url };
      const product = await startProduct({ ...stores, gateways: 2, env, logDirectory: keptIn });
      const stage = new Stage(postgres, redis, product, new Fleet(product));
      await stage.control('POST', 'faults', faults());
      return stage;
    } catch (error) {
      await Promise.all([postgres.stop(), redis.stop()]);
      throw error;
    }
  }

  /** Ends every process, frozen ones too. */
  async stop(): Promise<void> {
    this.redis.thaw();
    this.postgres.thaw();
    await this.product.stop();
    await Promise.all([this.postgres.stop(), this.redis.stop()]);
  }

  /** A workspace with so many keys. */
  async tenant(keys: number, workspace: object, key: object = {}): Promise<Caller[]> {
    const { id } = await this.admin('/admin/workspaces', { name: 'chaos', ...workspace });
    const callers: Caller[] = [];
    for (let i = 0; i < keys; i += 1) {
      const made = await this.admin(`/admin/workspaces/${id}/api-keys`, { name: 'chaos', ...key });
      callers.push({ workspaceId: id, key: made.key });
    }
    return callers;
  }

  /** @throws when the admin API refuses */
  async admin(path: string, body: object): Promise<Json> {
    const url = this.fleet.next().process.url + path;
    const answer = await http('POST', url, body, { authorization: `Bearer ${adminKey}` });
    if (answer.status >= 300)
      throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** The simulator's control API. */
  async control(method: string, path: string, body?: unknown): Promise<Json> {
    const { status, body: answer } = await http(
      method,
      `${this.product.simulator.url}/__control/${path}`,
      body,
    );
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** One use of Redis on a connection of its own, which no disturbance has hurt. */
  async inRedis<T>(use: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.redis.url, { maxRetriesPerRequest: 1 });
    redis.on('error', () => undefined);
    try {
      return await use(redis);
    } finally {
      redis.disconnect();
    }
  }

  /** Rows of one query, under the owner, whom no row security binds. */
  async query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.postgres.url });
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  }
}
