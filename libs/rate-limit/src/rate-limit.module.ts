import { Module } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { systemClock } from '#common';
import { AppConfig } from '#config';
import { RedisCommands } from '#redis';
import { BucketRescaling } from './bucket-rescaling.js';
import { LimitStandings } from './limit-standing.js';
import { LimitStore } from './limit-store.js';
import { LocalLimiter } from './local-limiter.js';
import { QuotaLedger } from './quota-ledger.js';
import { QuotaReset } from './quota-reset.js';
import { RateLimiter } from './rate-limiter.js';
import { RedisGate } from './redis-gate.js';
import { SettleStore } from './settle-store.js';
import { Settlement } from './settlement.js';
import { UsageSink } from './usage-sink.js';

/** What a call may take, at longest, beyond the upstream's own limit and recall: composing before, settling after. */
const marginMs = 10_000;

/** A reservation must outlive the longest call, or the day would be sold twice. */
const lapseAfterMs = ({ openrouter, memory }: AppConfig): number =>
  memory.CONTEXT_RECALL_TIMEOUT_MS + openrouter.OPENROUTER_TOTAL_TIMEOUT_MS + marginMs;

/** Limits and quotas. Needs a {@link UsageSink} and a {@link QuotaLedger}, which a global module must provide. */
@Module({
  providers: [
    LocalLimiter,
    LimitStandings,
    QuotaReset,
    BucketRescaling,
    {
      provide: RedisGate,
      inject: [AppConfig],
      useFactory: ({ redis }: AppConfig) => new RedisGate(redis.REDIS_COMMAND_TIMEOUT_MS),
    },
    {
      provide: Settlement,
      inject: [RedisCommands, RedisGate, UsageSink, LocalLimiter, PinoLogger],
      useFactory: (
        redis: RedisCommands,
        gate: RedisGate,
        sink: UsageSink,
        local: LocalLimiter,
        logger: PinoLogger,
      ) => {
        logger.setContext(Settlement.name);
        const settlement = new Settlement({ store: new SettleStore(redis), gate, sink, local, logger });
        redis.on('ready', () => void settlement.redisReturned());
        return settlement;
      },
    },
    {
      provide: RateLimiter,
      inject: [AppConfig, RedisCommands, RedisGate, QuotaLedger, LocalLimiter, Settlement, PinoLogger],
      useFactory: (
        config: AppConfig,
        redis: RedisCommands,
        gate: RedisGate,
        ledger: QuotaLedger,
        local: LocalLimiter,
        settlement: Settlement,
        logger: PinoLogger,
      ) => {
        logger.setContext(RateLimiter.name);
        const store = new LimitStore(redis, lapseAfterMs(config));
        const failMode = config.rateLimit.RATE_LIMIT_FAIL_MODE;
        return new RateLimiter({
          store,
          gate,
          ledger,
          local,
          settlement,
          failMode,
          clock: systemClock,
          logger,
        });
      },
    },
  ],
  exports: [RateLimiter, LimitStandings, QuotaReset, BucketRescaling],
})
export class RateLimitModule {}
