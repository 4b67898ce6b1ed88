import { Module } from '@nestjs/common';
import { ConfigModule } from '#config';
import { DatabaseModule } from '#database';
import { ObservabilityModule } from '#observability';
import { OpenRouterModule } from '#openrouter';
import { QueuesModule } from '#queues';
import { RedisModule } from '#redis';
import { AdminModule } from './admin/admin.module.js';
import { AuthHttpModule } from './auth/index.js';
import { ContextMemoryHttpModule } from './context-memory/context-memory-http.module.js';
import { HealthModule } from './health/health.module.js';
import { BackgroundModule } from './http/background.module.js';
import { LlmProxyHttpModule } from './llm-proxy/llm-proxy-http.module.js';
import { RateLimitHttpModule } from './rate-limit/index.js';
import { UsageHttpModule } from './usage/usage-http.module.js';

/** The HTTP process on one screen: the ground, the edges, then one module a feature. */
@Module({
  imports: [
    ConfigModule,
    ObservabilityModule.forProcess('gateway'),
    BackgroundModule,

    DatabaseModule,
    RedisModule,
    QueuesModule,
    OpenRouterModule,

    AuthHttpModule,
    RateLimitHttpModule,
    UsageHttpModule,
    ContextMemoryHttpModule,
    LlmProxyHttpModule,
    AdminModule,
    HealthModule,
  ],
})
export class GatewayModule {}
