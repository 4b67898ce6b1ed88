import { Injectable } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { Database } from '#database';
import { Breakers } from '#llm-proxy';
import { OpenRouterApi } from '#openrouter';
import { RedisCommands } from '#redis';

const timeoutMs = 2_000;
/** Breakers in one answer; beyond that it is the upstream anyhow. */
const mostShown = 50;

/** How the parts we stand on are doing; `responseTime` (ms) is in each result. */
@Injectable()
export class DependencyHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly database: Database,
    private readonly redis: RedisCommands,
    private readonly openrouter: OpenRouterApi,
    private readonly breakers: Breakers,
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

  /** Never fails a probe. Names those that are not called now: `upstream`, `model:<id>`. */
  breakersAreClosed() {
    const session = this.indicators.check('breakers');
    const open = this.breakers.notClosed().slice(0, mostShown);
    if (open.length === 0) return session.up();
    return session.degraded({
      open: open.map(({ scope, state, until, cause }) => ({
        scope,
        state,
        until: new Date(until).toISOString(),
        cause: cause ?? null,
      })),
    });
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
