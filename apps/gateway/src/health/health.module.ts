import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { OpenRouterModule } from '#openrouter';
import { DependencyHealth } from './dependency-health.js';
import { HealthController } from './health.controller.js';

/** The gateway's probes. */
@Module({
  imports: [TerminusModule.forRoot({ gracefulShutdownTimeoutMs: 0 }), OpenRouterModule],
  controllers: [HealthController],
  providers: [DependencyHealth],
})
export class HealthModule {}
