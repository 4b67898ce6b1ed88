import type { PinoLogger } from 'nestjs-pino';
import type { Logger as TypeOrmLogger } from 'typeorm';

/** Puts TypeORM's notices under our event names. Parameters are never logged: they are the tenants' data. */
export class QueryLogger implements TypeOrmLogger {
  constructor(private readonly logger: PinoLogger) {}

  logQuerySlow(time: number, query: string): void {
    this.logger.warn({ duration_ms: time, query: query.slice(0, 500) }, 'db_query_slow');
  }

  logQueryError(error: string | Error, query: string): void {
    this.logger.debug({ exception: String(error), query: query.slice(0, 500) }, 'db_query_error');
  }

  logQuery(): void {}
  logSchemaBuild(): void {}
  logMigration(message: string): void {
    this.logger.info({ detail: message }, 'db_migration');
  }
  log(level: 'log' | 'info' | 'warn', message: unknown): void {
    if (level === 'warn') this.logger.warn({ detail: String(message) }, 'db_notice');
  }
}
