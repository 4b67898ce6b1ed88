import type { PinoLogger } from 'nestjs-pino';
import { DataSource } from 'typeorm';
import type { AppConfig } from '#config';
import { metrics } from '#observability';
import { QueryLogger } from './query-logger.js';

/**
 * A DataSource for one process. The schema comes from migrations only (`synchronize` is off).
 *
 * @param logger gets `db_query_slow` and `db_connection_error`
 */
export function createDataSource(config: AppConfig['database'], logger: PinoLogger): DataSource {
  return new DataSource({
    type: 'postgres',
    url: config.DATABASE_URL,
    synchronize: false,
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    poolSize: config.DATABASE_POOL_SIZE,
    connectTimeoutMS: 5_000,
    maxQueryExecutionTime: config.DATABASE_SLOW_QUERY_MS,
    logger: new QueryLogger(logger),
    logNotifications: false,
    poolErrorHandler: (error: unknown) => {
      metrics.database.errors.inc();
      logger.error({ exception: String(error) }, 'db_connection_error');
    },
    extra: {
      statement_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS,
      // A server that is frozen or cut off enforces nothing: then the client gives up by itself.
      query_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS + 1_000,
      application_name: 'context-memory-gateway',
      // Our statements run for milliseconds; compiling one takes longer than that.
      options: '-c jit=off',
      keepAlive: true,
    },
  });
}
