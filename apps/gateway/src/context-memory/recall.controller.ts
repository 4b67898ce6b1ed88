import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Caller } from '#auth';
import { RecallService } from '#context-memory';
import { CurrentCaller, RequireScopes } from '../auth/index.js';
import { clientGone } from '../http/client-gone.js';
import { RateLimited } from '../rate-limit/index.js';
import { RecallResultDto, toRecallResultDto } from './recall-result.dto.js';
import { RecallDto, toRecallRequest } from './recall.dto.js';

/** What the workspace knows about a question. */
@ApiTags('context')
@RateLimited()
@Controller('v1/context/recall')
export class RecallController {
  constructor(private readonly recall: RecallService) {}

  /** Recalls by meaning and by words; `degraded` names what was away. */
  @Post()
  @HttpCode(200)
  @RequireScopes('context:read')
  @ApiOkResponse({ type: RecallResultDto })
  async create(
    @CurrentCaller() caller: Caller,
    @Body() body: RecallDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RecallResultDto> {
    const request = toRecallRequest(body, clientGone(response));
    return toRecallResultDto(await this.recall.recall(caller.workspaceId, request), body.explain === true);
  }
}
