import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Caller } from '#auth';
import { encodingOf } from '#common';
import { readCursor, WorkingSetService } from '#context-memory';
import { CurrentCaller, RequireScopes } from '../auth/index.js';
import { ApiErrors } from '../http/error.dto.js';
import { listOf } from '../http/list.js';
import { RateLimited } from '../rate-limit/index.js';
import { RenderedSetDto, toRenderedSetDto } from './rendered-set.dto.js';
import {
  CreateWorkingSetDto,
  PatchWorkingSetDto,
  toNewWorkingSet,
  toWorkingSetPatch,
} from './working-set-fields.dto.js';
import {
  DeletedWorkingSetDto,
  RenderQueryDto,
  toWorkingSetDto,
  WorkingSetDto,
  WorkingSetListDto,
  WorkingSetListQueryDto,
} from './working-set.dto.js';

const ApiSet = () => ApiParam({ name: 'set', type: String, description: 'Name or id', example: 'support' });

/** Named, pinned, budgeted selections of memory, put whole into chat calls that name them. */
@ApiTags('context')
@RateLimited()
@Controller('v1/context/working-sets')
export class WorkingSetsController {
  constructor(private readonly sets: WorkingSetService) {}

  /** Makes a set; its queries are asked before the answer, and from then on whenever items have changed. */
  @Post()
  @RequireScopes('context:write')
  @ApiErrors({ 409: 'The name is taken, or the workspace has 50 sets' })
  @ApiCreatedResponse({ type: WorkingSetDto })
  async create(@CurrentCaller() caller: Caller, @Body() body: CreateWorkingSetDto): Promise<WorkingSetDto> {
    return toWorkingSetDto(await this.sets.create(caller.workspaceId, toNewWorkingSet(body)));
  }

  /** Newest first. */
  @Get()
  @RequireScopes('context:read')
  @ApiOkResponse({ type: WorkingSetListDto })
  async list(
    @CurrentCaller() caller: Caller,
    @Query() { limit, cursor }: WorkingSetListQueryDto,
  ): Promise<WorkingSetListDto> {
    const after = cursor === undefined ? undefined : readCursor(cursor);
    return listOf(await this.sets.list(caller.workspaceId, limit, after), toWorkingSetDto);
  }

  @Get(':set')
  @ApiSet()
  @RequireScopes('context:read')
  @ApiOkResponse({ type: WorkingSetDto })
  async get(@CurrentCaller() caller: Caller, @Param('set') set: string): Promise<WorkingSetDto> {
    return toWorkingSetDto(await this.sets.get(caller.workspaceId, set));
  }

  /** Changes what is named, as one new version, and asks the queries again. */
  @Patch(':set')
  @ApiSet()
  @RequireScopes('context:write')
  @ApiErrors({ 409: 'The name is taken' })
  @ApiOkResponse({ type: WorkingSetDto })
  async update(
    @CurrentCaller() caller: Caller,
    @Param('set') set: string,
    @Body() body: PatchWorkingSetDto,
  ): Promise<WorkingSetDto> {
    return toWorkingSetDto(await this.sets.update(caller.workspaceId, set, toWorkingSetPatch(body)));
  }

  /** Deletes the set; its items stay. */
  @Delete(':set')
  @ApiSet()
  @RequireScopes('context:write')
  @ApiOkResponse({ type: DeletedWorkingSetDto })
  async delete(@CurrentCaller() caller: Caller, @Param('set') set: string): Promise<DeletedWorkingSetDto> {
    const { id } = await this.sets.delete(caller.workspaceId, set);
    return { id, object: 'context.working_set', deleted: true };
  }

  /** The block that a chat call gets: of the items as they are now, with what was left out and why. */
  @Get(':set/render')
  @ApiSet()
  @RequireScopes('context:read')
  @ApiOkResponse({ type: RenderedSetDto })
  async render(
    @CurrentCaller() caller: Caller,
    @Param('set') name: string,
    @Query() { model }: RenderQueryDto,
  ): Promise<RenderedSetDto> {
    const set = await this.sets.get(caller.workspaceId, name);
    const encoding = model === undefined ? undefined : encodingOf(model);
    return toRenderedSetDto(set, await this.sets.render(caller.workspaceId, set, { encoding }), model);
  }
}
