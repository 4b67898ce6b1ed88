import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import { Database } from '#database';
import { RedisCommands } from '#redis';

const timeoutMs = 2_000;

/**
 * The worker's probes, under the gateway's names. Unlike the gateway it can do nothing without Redis, where its work lies:
 * either store fails it.
 */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly database: Database,
    private readonly redis: RedisCommands,
  ) {}

  // One answer for both: there is nothing that the worker could do without.
  @Get(['', 'ready'])
  @HealthCheck()
  ready() {
    return this.health.check([
      () => this.isUp('database', () => this.database.ping()),
      () => this.isUp('redis', () => this.redis.ping()),
    ]);
  }

  // The port opens only after every part has started, so to answer at all is to have started.
  @Get(['live', 'startup'])
  live() {
    return { status: 'ok' };
  }

  private async isUp(name: string, ping: () => Promise<unknown>) {
    const probe = this.indicators.check(name).attempt(async () => void (await ping()));
    return probe.withTimeout(timeoutMs);
  }
}
