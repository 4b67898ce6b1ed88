import { applyDecorators, UseGuards } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { ApiKeyGuard } from '../auth/index.js';
import { ErrorDto } from '../http/error.dto.js';
import { RateLimitGuard } from './rate-limit.guard.js';

/** Documents the limits of a controller whose calls ask the limiter themselves. */
export const ApiLimits = () =>
  ApiResponse({
    status: 429,
    description: 'The key’s requests or the workspace’s tokens are used up',
    headers: {
      'Retry-After': {
        description: 'Seconds until a repeat makes sense',
        schema: { type: 'integer', minimum: 1 },
      },
    },
    type: ErrorDto,
  });

/** For controllers of workspaces whose routes use no tokens: who calls, then how often. */
export const RateLimited = () => applyDecorators(UseGuards(ApiKeyGuard, RateLimitGuard), ApiLimits());
