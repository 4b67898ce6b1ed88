import {
  realServersAvailable,
  startEmbeddedPostgres,
  startEmbeddedRedis,
  startRealPostgres,
  startRealRedis,
} from '#embedded';

/** Installed servers, or the ones that come with the project. */
export type StoreKind = 'real' | 'embedded';

export interface RunningStores {
  kind: StoreKind;
  databaseUrl: string;
  redisUrl: string;
  stop(): Promise<void>;
}

/** Starts PostgreSQL and Redis for a test run; the installed servers where there are any, unless told which. */
export async function startStores(wanted?: string): Promise<RunningStores> {
  const kind = wanted === 'real' || (wanted !== 'embedded' && realServersAvailable()) ? 'real' : 'embedded';
  const [postgres, redis] =
    kind === 'real'
      ? await Promise.all([startRealPostgres(), startRealRedis()])
      : await Promise.all([startEmbeddedPostgres(), startEmbeddedRedis()]);
  return {
    kind,
    databaseUrl: postgres.url,
    redisUrl: redis.url,
    async stop() {
      await Promise.all([postgres.stop(), redis.stop()]);
    },
  };
}
