import { Body, Controller, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../auth/index.js';
import { ApiErrors } from '../http/error.dto.js';
import {
  fromKeySettingsDto,
  fromWorkspaceSettingsDto,
  GivenKeyLimitSettingsDto,
  GivenWorkspaceLimitSettingsDto,
} from './limit-settings.dto.js';
import { ApiKeyLimitsDto, DailyTokensLimitDto, WorkspaceLimitsDto } from './limits.dto.js';
import { LimitsService } from './limits.service.js';

/** Limits and quotas. A change holds on every process within two seconds. */
@ApiTags('admin')
@AdminOnly()
@Controller('admin')
export class LimitsController {
  constructor(private readonly limits: LimitsService) {}

  /** Asking moves no counter. */
  @Get('workspaces/:id/limits')
  @ApiOkResponse({ type: WorkspaceLimitsDto })
  showWorkspace(@Param('id') id: string): Promise<WorkspaceLimitsDto> {
    return this.limits.ofWorkspace(id);
  }

  /** Replaces all settings: what is left out is inherited. */
  @Put('workspaces/:id/limits')
  @ApiOkResponse({ type: WorkspaceLimitsDto })
  replaceWorkspace(
    @Param('id') id: string,
    @Body() body: GivenWorkspaceLimitSettingsDto,
  ): Promise<WorkspaceLimitsDto> {
    return this.limits.replaceOfWorkspace(id, fromWorkspaceSettingsDto(body));
  }

  /** The day's count is 0 from now on; calls in flight count for the time before. */
  @Post('workspaces/:id/quota/reset')
  @HttpCode(200)
  @ApiOkResponse({ type: DailyTokensLimitDto })
  @ApiErrors({ 503: 'Redis or PostgreSQL is away; repeat it' })
  resetQuota(@Param('id') id: string): Promise<DailyTokensLimitDto> {
    return this.limits.resetQuota(id);
  }

  /** Asking moves no counter. */
  @Get('api-keys/:public_id/limits')
  @ApiOkResponse({ type: ApiKeyLimitsDto })
  showKey(@Param('public_id') publicId: string): Promise<ApiKeyLimitsDto> {
    return this.limits.ofKey(publicId);
  }

  /** Replaces all settings: what is left out is inherited. */
  @Put('api-keys/:public_id/limits')
  @ApiOkResponse({ type: ApiKeyLimitsDto })
  replaceKey(
    @Param('public_id') publicId: string,
    @Body() body: GivenKeyLimitSettingsDto,
  ): Promise<ApiKeyLimitsDto> {
    return this.limits.replaceOfKey(publicId, fromKeySettingsDto(body));
  }
}
