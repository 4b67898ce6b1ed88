import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '#auth';
import { RecallHealthService } from '#context-memory';
import { CurrentCaller, RequireScopes } from '../auth/index.js';
import { RateLimited } from '../rate-limit/index.js';
import { ContextHealthDto, toContextHealthDto } from './health.dto.js';

/** How well the workspace's memory works. */
@ApiTags('context')
@RateLimited()
@Controller('v1/context/health')
export class ContextHealthController {
  constructor(private readonly health: RecallHealthService) {}

  @Get()
  @RequireScopes('context:read')
  @ApiOkResponse({ type: ContextHealthDto })
  async get(@CurrentCaller() caller: Caller): Promise<ContextHealthDto> {
    return toContextHealthDto(await this.health.get(caller.workspaceId));
  }
}
