import { Injectable } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { Database } from '#database';
import { OpenRouterApi } from '#openrouter';
import { RedisCommands } from '#redis';

const timeoutMs = 2_000;

/** How the parts we stand on are doing; `responseTime` (ms) is in each result. */
@Injectable()
export class DependencyHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly database: Database,
    private readonly redis: RedisCommands,
    private readonly openrouter: OpenRouterApi,
  ) {}

  async databaseIsUp() {
    return this.indicators
      .check('database')
      .attempt(async () => void (await this.database.ping()))
      .withTimeout(timeoutMs);
  }

  /** Never fails a probe: without Redis limits are looser and queues wait, but calls are served. */
  async redisIsUp() {
    return this.orDegraded('redis', () => this.redis.ping());
  }

  /** Never fails a probe: restarting us does not mend the upstream. Asked at most every 10 s. */
  async upstreamIsUp() {
    return this.orDegraded('upstream', () => this.openrouter.ping());
  }

  private async orDegraded(key: 'redis' | 'upstream', probe: () => Promise<unknown>) {
    const session = this.indicators.check(key);
    const result = await session
      .attempt(async () => void (await probe()))
      .withTimeout(timeoutMs)
      .cacheFor(key === 'upstream' ? 10_000 : 500);
    const { status, ...details } = result[key];
    return status === 'up' ? result : session.degraded(details);
  }
}
