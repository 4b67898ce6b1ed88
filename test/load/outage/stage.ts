import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { adminKey, type Product, startProduct } from '../../e2e/product.js';
import { http, type Json } from '../../e2e/tenant.js';
import { type RunningStores, startStores } from '../../running-stores.js';
import { alias, environment, fallback, gateways, primary } from './plan.js';
import type { Charge } from './record.js';

/** Logs and report of the last run stay here. */
export const keptIn = join(import.meta.dirname, '../../../.data/outage');

/** The product as it is deployed, and a tenant whose one model name stands for a model and its fallback. */
export class Stage {
  private constructor(
    private readonly stores: RunningStores,
    readonly product: Product,
    readonly key: string,
  ) {}

  static async start(): Promise<Stage> {
    await rm(keptIn, { recursive: true, force: true });
    await mkdir(keptIn, { recursive: true });
    const stores = await startStores();
    let product: Product | undefined;
    try {
      product = await startProduct({ ...stores, gateways, env: environment, logDirectory: keptIn });
      return new Stage(stores, product, await newKey(product.gateways[0]?.url ?? ''));
    } catch (error) {
      await product?.stop();
      await stores.stop();
      throw error;
    }
  }

  get urls(): string[] {
    return this.product.gateways.map(({ url }) => url);
  }

  /** The simulator's control API. */
  control(method: string, path: string, body?: unknown): Promise<Json> {
    return ask(method, `${this.product.simulator.url}/__control/${path}`, body);
  }

  /** Every charge of tokens, under the owner, whom no row security binds. */
  async ledger(): Promise<Charge[]> {
    const client = new pg.Client({ connectionString: this.stores.databaseUrl });
    await client.connect();
    try {
      const { rows } = await client.query<Charge>(
        `SELECT generation_id, tokens_used::float8 AS tokens FROM usage_events WHERE tokens_used > 0`,
      );
      return rows;
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    await this.product.stop();
    await this.stores.stop();
  }
}

/** Limits that no call meets, but all are counted against. */
const ample = { name: 'outage', daily_token_quota: 1_000_000_000, rate_limit_requests: 1_000_000 };

async function newKey(url: string): Promise<string> {
  const { id } = await ask('POST', `${url}/admin/workspaces`, ample);
  const workspace = `${url}/admin/workspaces/${id}`;
  await ask('PUT', `${workspace}/models/${alias}`, { targets: [{ model: primary }, { model: fallback }] });
  return (await ask('POST', `${workspace}/api-keys`, { name: 'outage' })).key;
}

async function ask(method: string, url: string, body?: unknown): Promise<Json> {
  const answer = await http(method, url, body, { authorization: `Bearer ${adminKey}` });
  if (answer.status >= 300)
    throw new Error(`${method} ${url}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}
