import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { WorkspaceService } from '#auth';
import { RedactionService } from '#context-memory';
import { AdminOnly } from '../auth/index.js';
import { RedactionDto } from './redaction.dto.js';

/** What a workspace's memory must not hold: replaced by marks like `[EMAIL]` before a text is stored; none by default. */
@ApiTags('admin')
@AdminOnly()
@Controller('admin/workspaces/:id/redaction')
export class RedactionController {
  constructor(
    private readonly workspaces: WorkspaceService,
    private readonly redaction: RedactionService,
  ) {}

  @Get()
  @ApiOkResponse({ type: RedactionDto })
  async get(@Param('id') id: string): Promise<RedactionDto> {
    const workspace = await this.workspaces.get(id);
    return { classes: await this.redaction.get(workspace.id) };
  }

  /** Holds for what is posted from now on. What is stored already stays as it is. */
  @Put()
  @ApiOkResponse({ type: RedactionDto })
  async replace(@Param('id') id: string, @Body() { classes }: RedactionDto): Promise<RedactionDto> {
    const workspace = await this.workspaces.get(id);
    await this.redaction.replace(workspace.id, classes);
    return { classes: await this.redaction.get(workspace.id) };
  }
}
