import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import { Database } from '#database';
import { RedisCommands } from '#redis';

const timeoutMs = 2_000;

/** The worker's probes. Unlike the gateway it can do nothing without Redis: that is where its work lies. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly database: Database,
    private readonly redis: RedisCommands,
  ) {}

  @Get('live')
  live() {
    return { status: 'ok' };
  }

  @Get(['', 'ready'])
  @HealthCheck()
  ready() {
    return this.health.check([
      async () =>
        this.indicators
          .check('database')
          .attempt(async () => void (await this.database.ping()))
          .withTimeout(timeoutMs),
      async () =>
        this.indicators
          .check('redis')
          .attempt(async () => void (await this.redis.ping()))
          .withTimeout(timeoutMs),
    ]);
  }
}
