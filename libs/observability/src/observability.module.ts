import { type DynamicModule, Module } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { LoggerModule } from 'nestjs-pino';
import { AppConfig } from '#config';
import { createLogger } from './logger.js';

/** Logging and metrics of one process. */
@Module({})
export class ObservabilityModule {
  /** @param processName `gateway` or `worker`: it stands on every line. */
  static forProcess(processName: string): DynamicModule {
    return {
      module: ObservabilityModule,
      imports: [
        LoggerModule.forRootAsync({
          inject: [AppConfig],
          useFactory: (config: AppConfig) => ({
            renameContext: 'logger_name',
            pinoHttp: { logger: createLogger(config, processName) },
            // Its middleware makes a logger for every request. The gateway's own writes the request's lines, and the fields that
            // all lines of a request carry come from withLogFields.
            forRoutes: [],
          }),
        }),
        PrometheusModule.register({ path: '/metrics', defaultMetrics: { enabled: true } }),
      ],
    };
  }
}
