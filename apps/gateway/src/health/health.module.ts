import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { LlmProxyModule } from '#llm-proxy';
import { DependencyHealth } from './dependency-health.js';
import { HealthController } from './health.controller.js';

/** The gateway's probes. */
@Module({
  imports: [TerminusModule.forRoot({ gracefulShutdownTimeoutMs: 0 }), LlmProxyModule],
  controllers: [HealthController],
  providers: [DependencyHealth],
})
export class HealthModule {}
