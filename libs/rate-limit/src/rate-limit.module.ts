import { Module } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { systemClock } from '#common';
import { AppConfig } from '#config';
import { RedisCommands } from '#redis';
import { LimitStore } from './limit-store.js';
import { RateLimiter } from './rate-limiter.js';
import { RedisGate } from './redis-gate.js';
import { UsageSink } from './usage-sink.js';

/** What a call may take, at longest, beyond the upstream's own limit: recall before it and the settling after. */
const marginMs = 60_000;

/** Limits and quotas. Needs a {@link UsageSink}, which a global module must provide. */
@Module({
  providers: [
    {
      provide: RateLimiter,
      inject: [AppConfig, RedisCommands, UsageSink, PinoLogger],
      useFactory: (config: AppConfig, redis: RedisCommands, sink: UsageSink, logger: PinoLogger) => {
        logger.setContext(RateLimiter.name);
        // A reservation must outlive the longest call, or the day would be sold twice.
        const store = new LimitStore(redis, config.openrouter.OPENROUTER_TOTAL_TIMEOUT_MS + marginMs);
        const gate = new RedisGate(config.redis.REDIS_COMMAND_TIMEOUT_MS);
        return new RateLimiter(store, config.rateLimit.RATE_LIMIT_FAIL_MODE, sink, logger, systemClock, gate);
      },
    },
  ],
  exports: [RateLimiter],
})
export class RateLimitModule {}
