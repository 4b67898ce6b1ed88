import { type RunningStore, forkStore } from './forked-store.js';

/** Starts the embedded PostgreSQL (with pgvector) in a child process, in memory unless `dataDir` says where to keep it. */
export async function startEmbeddedPostgres(options: { dataDir?: string } = {}): Promise<RunningStore> {
  const { port, stop } = await forkStore('pglite', { DATA_PATH: options.dataDir, PORT: '0' });
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop };
}

/** Starts the embedded Valkey in a child process; it keeps nothing. */
export async function startEmbeddedRedis(): Promise<RunningStore> {
  const { port, stop } = await forkStore('redis', { PORT: '0', REDIS_KIND: 'wasm' });
  return { url: `redis://127.0.0.1:${port}`, stop };
}
