import { applyDecorators, UseFilters, UseGuards } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { ApiKeyGuard } from '../auth/index.js';
import { ErrorDto } from '../http/error.dto.js';
import { LimitHeadersFilter } from './limit-headers.filter.js';
import { RateLimitGuard } from './rate-limit.guard.js';

/** For controllers whose calls ask the limiter themselves: every answer says how the caller stands. */
export const SaysLimits = () =>
  applyDecorators(
    UseFilters(LimitHeadersFilter),
    ApiResponse({
      status: 429,
      description: 'A limit of the key or the workspace is used up; `error.code` says which kind',
      headers: {
        'Retry-After': {
          description: 'Seconds until a repeat makes sense',
          schema: { type: 'integer', minimum: 1 },
        },
      },
      type: ErrorDto,
    }),
  );

/** For controllers of workspaces whose routes use no tokens: who calls, then how often. */
export const RateLimited = () => applyDecorators(UseGuards(ApiKeyGuard, RateLimitGuard), SaysLimits());
