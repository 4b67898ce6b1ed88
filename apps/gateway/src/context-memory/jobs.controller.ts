import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '#auth';
import { JobService } from '#context-memory';
import { CurrentCaller, RequireScopes } from '../auth/index.js';
import { RateLimited } from '../rate-limit/index.js';
import { JobDto, toJobDto } from './job.dto.js';

/** How far posted texts are. */
@ApiTags('context')
@RateLimited()
@Controller('v1/context/jobs')
export class JobsController {
  constructor(private readonly jobs: JobService) {}

  @Get(':id')
  @RequireScopes('context:read')
  @ApiOkResponse({ type: JobDto })
  async get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<JobDto> {
    return toJobDto(await this.jobs.get(caller.workspaceId, id));
  }

  /** Tries again what failed: texts that could not be embedded, a file that could not be read. */
  @Post(':id/retry')
  @HttpCode(202)
  @RequireScopes('context:write')
  @ApiAcceptedResponse({ type: JobDto })
  async retry(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<JobDto> {
    return toJobDto(await this.jobs.retry(caller.workspaceId, id));
  }
}
