import { Module } from '@nestjs/common';
import { AppConfig } from '#config';
import { RedisCommands } from '#redis';
import { AnswerEraser } from './answer-eraser.js';
import { KeptAnswerStore } from './kept-answer.store.js';
import { ResponseCache } from './response-cache.js';

/** Answers that are kept to be given again, in Redis. */
@Module({
  providers: [
    {
      provide: KeptAnswerStore,
      inject: [RedisCommands, AppConfig],
      useFactory: (redis: RedisCommands, config: AppConfig) =>
        new KeptAnswerStore(redis, config.redis.REDIS_COMMAND_TIMEOUT_MS),
    },
    {
      provide: ResponseCache,
      inject: [RedisCommands, AppConfig],
      useFactory: (redis: RedisCommands, config: AppConfig) =>
        new ResponseCache(redis, config.redis.REDIS_COMMAND_TIMEOUT_MS),
    },
    {
      provide: AnswerEraser,
      inject: [RedisCommands, AppConfig],
      useFactory: (redis: RedisCommands, config: AppConfig) =>
        new AnswerEraser(redis, config.redis.REDIS_COMMAND_TIMEOUT_MS),
    },
  ],
  exports: [KeptAnswerStore, ResponseCache, AnswerEraser],
})
export class KeptAnswersModule {}
