import { loadavg } from 'node:os';
import type { Product } from '../../e2e/product.js';
import { clientWith } from '../gateway-client.js';
import { quantile } from '../recall/metrics.js';
import { words } from './synthetic-items.js';

export const questions = 200;
export const wordsPerQuestion = 8;
/** Questions before those that are measured: a process that just started is not what people wait for. */
const warmUp = 20;

/** How long recall searched, embedding the question and packing aside, as `explain` says it. */
export interface SearchTimes {
  /** How vectors were compared: `exact`, `hnsw`, `none`. */
  how: string;
  /** In milliseconds. */
  best: number;
  p50: number;
  p95: number;
  /** Of the machine over the last minute: processes that run or wait to. */
  load: number;
}

/** Asks made-up questions one after the other, each of the next workspace. */
export async function searchTimes(product: Product, workspaces: { key: string }[]): Promise<SearchTimes> {
  const clients = workspaces.map(({ key }) => clientWith(product.gateways[0]?.url ?? '', key));
  const seen: { ms: number; how: string }[] = [];
  for (let i = 0; i < warmUp + questions; i++) {
    const client = clients[i % clients.length] ?? raise();
    const query = words(wordsPerQuestion);
    const { explain, degraded } = await client('POST', '/v1/context/recall', { query, explain: true });
    if (explain.search !== 'none' && degraded.length > 0) throw new Error(`Went without ${degraded.join()}`);
    if (i >= warmUp) seen.push({ ms: explain.timings_ms.search, how: explain.search });
  }
  const at = (share: number) =>
    quantile(
      seen.map(({ ms }) => ms),
      share,
    );
  return {
    how: [...new Set(seen.map(({ how }) => how))].join(' '),
    best: at(0),
    p50: at(0.5),
    p95: at(0.95),
    load: loadavg()[0] ?? 0,
  };
}

const raise = (): never => {
  throw new Error('No workspace to ask');
};
