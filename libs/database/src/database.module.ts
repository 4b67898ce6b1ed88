import { type DynamicModule, Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { AppConfig } from '#config';
import { Database } from './database.js';
import { createDataSource } from './data-source.js';

/** Closes the pool last, after everything that may still write. */
@Injectable()
class DataSourceLifecycle implements OnApplicationShutdown {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}

/** One connected DataSource a process. Connecting fails fast: an orchestrator restarts us, a silent retry hides the fault. */
@Module({})
export class DatabaseModule {
  static withEntities(entities: DataSourceOptions['entities']): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        {
          provide: DataSource,
          inject: [AppConfig, PinoLogger],
          useFactory: (config: AppConfig, logger: PinoLogger) => {
            logger.setContext('database');
            return createDataSource(config.database, entities, logger).initialize();
          },
        },
        Database,
        DataSourceLifecycle,
      ],
      exports: [DataSource, Database],
    };
  }
}
