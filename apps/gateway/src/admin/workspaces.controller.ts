import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { WorkspaceService } from '#auth';
import { AdminOnly } from '../auth/index.js';
import { listOf } from '../http/list.js';
import { fromWorkspaceSettingsDto } from './limit-settings.dto.js';
import { PageQueryDto } from './page.dto.js';
import { CreateWorkspaceDto, toWorkspaceDto, WorkspaceDto, WorkspaceListDto } from './workspace.dto.js';

/** Tenants. */
@ApiTags('admin')
@AdminOnly()
@Controller('admin/workspaces')
export class WorkspacesController {
  constructor(private readonly workspaces: WorkspaceService) {}

  @Post()
  @ApiCreatedResponse({ type: WorkspaceDto })
  async create(@Body() body: CreateWorkspaceDto): Promise<WorkspaceDto> {
    const settings = fromWorkspaceSettingsDto(body);
    return toWorkspaceDto(await this.workspaces.create({ name: body.name, ...settings }));
  }

  @Get()
  @ApiOkResponse({ type: WorkspaceListDto })
  async list(@Query() { limit, cursor }: PageQueryDto): Promise<WorkspaceListDto> {
    return listOf(await this.workspaces.list(limit, cursor ?? null), toWorkspaceDto);
  }

  @Get(':id')
  @ApiOkResponse({ type: WorkspaceDto })
  async get(@Param('id') id: string): Promise<WorkspaceDto> {
    return toWorkspaceDto(await this.workspaces.get(id));
  }
}
