import { Global, Module } from '@nestjs/common';
import { RateLimitModule } from '#rate-limit';

/** Gives every feature the limiter. */
@Global()
@Module({ imports: [RateLimitModule], exports: [RateLimitModule] })
export class RateLimitHttpModule {}
