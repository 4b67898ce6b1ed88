import { Body, Controller, Get, Param, Post, Query, UseGuards } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiTags,
} from '@nestjs/swagger';
import { WorkspaceService } from '#auth';
import { AdminGuard } from '../auth/index.js';
import { toList } from './list.js';
import { PageQueryDto } from './page.dto.js';
import { CreateWorkspaceDto, toWorkspaceDto, WorkspaceDto, WorkspaceListDto } from './workspace.dto.js';

/** Tenants. */
@ApiTags('admin')
@ApiBearerAuth('admin-key')
@UseGuards(AdminGuard)
@Controller('admin/workspaces')
export class WorkspacesController {
  constructor(private readonly workspaces: WorkspaceService) {}

  @Post()
  @ApiCreatedResponse({ type: WorkspaceDto })
  async create(@Body() body: CreateWorkspaceDto): Promise<WorkspaceDto> {
    return toWorkspaceDto(
      await this.workspaces.create({
        name: body.name,
        dailyTokenQuota: body.daily_token_quota ?? null,
        rateLimitRequests: body.rate_limit_requests ?? null,
        rateLimitWindow: body.rate_limit_window ?? null,
      }),
    );
  }

  @Get()
  @ApiOkResponse({ type: WorkspaceListDto })
  async list(@Query() { limit, cursor }: PageQueryDto): Promise<WorkspaceListDto> {
    return toList(await this.workspaces.list(limit, cursor ?? null), toWorkspaceDto);
  }

  @Get(':id')
  @ApiOkResponse({ type: WorkspaceDto })
  @ApiNotFoundResponse({ description: 'No such workspace' })
  async get(@Param('id') id: string): Promise<WorkspaceDto> {
    return toWorkspaceDto(await this.workspaces.get(id));
  }
}
