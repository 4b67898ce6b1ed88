import { Global, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AppConfig } from '#config';
import { connectCommands, connectSubscriber, RedisCommands, RedisSubscriber } from './redis-connections.js';

@Injectable()
class RedisLifecycle implements OnApplicationShutdown {
  constructor(
    private readonly commands: RedisCommands,
    private readonly subscriber: RedisSubscriber,
  ) {}

  onApplicationShutdown(): void {
    // disconnect, not quit: a frozen Redis must not hold up our exit.
    this.commands.disconnect();
    this.subscriber.disconnect();
  }
}

/** Two connections a process: commands and messages. BullMQ makes its own. */
@Global()
@Module({
  providers: [
    {
      provide: RedisCommands,
      inject: [AppConfig, PinoLogger],
      useFactory: (config: AppConfig, logger: PinoLogger) => connectCommands(config.redis, logger),
    },
    {
      provide: RedisSubscriber,
      inject: [AppConfig, PinoLogger],
      useFactory: (config: AppConfig, logger: PinoLogger) => connectSubscriber(config.redis, logger),
    },
    RedisLifecycle,
  ],
  exports: [RedisCommands, RedisSubscriber],
})
export class RedisModule {}
