import { once } from 'node:events';
import { PinoLogger } from 'nestjs-pino';
import type { DataSource } from 'typeorm';
import { inject } from 'vitest';
import { AppConfig } from '#config';
import { createDataSource, Database, DatabaseUnavailableError, type SystemScope } from '#database';
import type { RedisCommands, RedisSubscriber } from '#redis';
import { connectCommands, connectSubscriber } from '../../libs/redis/src/redis-connections.js';

/** What one process of ours holds open. */
export interface StoreClients {
  config: AppConfig;
  dataSource: DataSource;
  database: Database;
  redis: RedisCommands;
  subscriber: RedisSubscriber;
  logger: PinoLogger;
  close(): Promise<void>;
}

export const silentLogger = () => new PinoLogger({ pinoHttp: { level: 'silent' } });

/** Connects to the suite's stores as one process would. @param env on top of what is needed */
export async function connectStores(env: NodeJS.ProcessEnv = {}): Promise<StoreClients> {
  const logger = silentLogger();
  const config = new AppConfig({
    NODE_ENV: 'test',
    DATABASE_URL: inject('databaseUrl'),
    REDIS_URL: inject('redisUrl'),
    API_KEY_PEPPER: 'pepper-of-the-integration-suite',
    ADMIN_API_KEY: 'admin-key-of-the-integration-suite',
    // Two busy cores must not look like a slow Redis.
    REDIS_COMMAND_TIMEOUT_MS: '5000',
    ...env,
  });
  const dataSource = await createDataSource(config.database, logger).initialize();
  const redis = connectCommands(config.redis, logger);
  const subscriber = connectSubscriber(config.redis, logger);
  await Promise.all([once(redis, 'ready'), once(subscriber, 'ready')]);
  return {
    config,
    dataSource,
    database: new Database(dataSource),
    redis,
    subscriber,
    logger,
    close: async () => {
      redis.disconnect();
      subscriber.disconnect();
      await dataSource.destroy();
    },
  };
}

/** Resolves once the condition holds. @throws when it does not within `ms` */
export async function until(condition: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Not within ${ms} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** PostgreSQL as it is, until it is said to be away or slow. */
export class FailingDatabase extends Database {
  away = false;
  /** Units of work turned away so far. */
  failures = 0;
  /** Answers wait for it, after their transaction has ended. */
  hold: Promise<void> | undefined;
  answers = 0;

  override async asSystem<T>(work: (scope: SystemScope) => Promise<T>): Promise<T> {
    if (this.away) {
      this.failures += 1;
      throw new DatabaseUnavailableError(new Error('connect ECONNREFUSED'));
    }
    const answer = await super.asSystem(work);
    this.answers += 1;
    await this.hold;
    return answer;
  }
}
