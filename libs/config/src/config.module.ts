import { Global, Module } from '@nestjs/common';
import { AppConfig } from './app-config.js';

/** The only reader of process.env. */
@Global()
@Module({
  providers: [{ provide: AppConfig, useFactory: () => new AppConfig(process.env) }],
  exports: [AppConfig],
})
export class ConfigModule {}
