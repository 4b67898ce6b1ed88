import { Global, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { DataSource } from 'typeorm';
import { AppConfig } from '#config';
import { Database } from './database.js';
import { createDataSource } from './data-source.js';

/** Closes the pool last, after everything that may still write. */
@Injectable()
class DataSourceLifecycle implements OnApplicationShutdown {
  constructor(private readonly dataSource: DataSource) {}

  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}

/** One connected DataSource a process. Connecting fails fast: an orchestrator restarts us, a silent retry hides the fault. */
@Global()
@Module({
  providers: [
    {
      provide: DataSource,
      inject: [AppConfig, PinoLogger],
      useFactory: (config: AppConfig, logger: PinoLogger) => {
        logger.setContext('database');
        return createDataSource(config.database, logger).initialize();
      },
    },
    Database,
    DataSourceLifecycle,
  ],
  exports: [DataSource, Database],
})
export class DatabaseModule {}
