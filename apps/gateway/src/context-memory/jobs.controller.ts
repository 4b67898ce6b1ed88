import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
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
}
