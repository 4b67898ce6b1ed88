import { Controller, Get, UseFilters } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { HealthCheck, HealthCheckService } from '@nestjs/terminus';
import { DependencyHealth } from './dependency-health.js';
import { HealthFilter } from './health.filter.js';

/** For Kubernetes, load balancers and people. No key needed; nothing secret is said. */
@ApiTags('health')
@UseFilters(HealthFilter)
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly dependencies: DependencyHealth,
  ) {}

  @Get()
  @ApiOperation({
    summary:
      'Every dependency with its latency, and the open circuit breakers; 503 when the database is away',
  })
  @HealthCheck()
  all() {
    return this.health.check([
      () => this.dependencies.databaseIsUp(),
      () => this.dependencies.redisIsUp(),
      () => this.dependencies.upstreamIsUp(),
      () => this.dependencies.breakersAreClosed(),
    ]);
  }

  @Get('live')
  @ApiOperation({ summary: 'The process answers; a failure means: restart it' })
  live() {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Send traffic here? Fails without the database; not for Redis or the upstream' })
  @HealthCheck()
  ready() {
    return this.health.check([() => this.dependencies.databaseIsUp(), () => this.dependencies.redisIsUp()]);
  }

  @Get('startup')
  @ApiOperation({ summary: 'Starting is over: the port opens only after every part has started' })
  startup() {
    return { status: 'ok' };
  }
}
