import { BullModule } from '@nestjs/bullmq';
import { Global, Module } from '@nestjs/common';
import { AppConfig } from '#config';
import { queueNames } from './job-contracts.js';
import { JobProducer } from './job-producer.js';

/** The queues, by name. Workers add their processors beside it. */
@Global()
@Module({
  imports: [
    BullModule.forRootAsync({
      inject: [AppConfig],
      useFactory: (config: AppConfig) => ({
        connection: {
          url: config.redis.REDIS_URL,
          // BullMQ's blocking reads must wait as long as they like.
          maxRetriesPerRequest: null,
          // A producer must not hang while Redis is away: the row is written, the sweeper will find it.
          enableOfflineQueue: false,
          retryStrategy: (attempt: number) => Math.min(attempt * 50, 1_000),
        },
        defaultJobOptions: {
          attempts: 5,
          backoff: { type: 'exponential', delay: 500, jitter: 0.5 },
          removeOnComplete: 1_000,
          removeOnFail: 5_000,
        },
      }),
    }),
    BullModule.registerQueue(...queueNames.map((name) => ({ name }))),
  ],
  providers: [JobProducer],
  exports: [JobProducer, BullModule],
})
export class QueuesModule {}
