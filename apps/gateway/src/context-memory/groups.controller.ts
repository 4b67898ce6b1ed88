import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '#auth';
import { ItemService, readGroupCursor } from '#context-memory';
import { CurrentCaller, RequireScopes } from '../auth/index.js';
import { listOf } from '../http/list.js';
import { RateLimited } from '../rate-limit/index.js';
import {
  CollectionListDto,
  GroupListQueryDto,
  SessionListDto,
  toCollectionDto,
  toSessionDto,
} from './group.dto.js';

/** What items are kept in. Both come to be with their first item and go with the last; forgetting deletes all of one. */
@ApiTags('context')
@RateLimited()
@Controller('v1/context')
export class GroupsController {
  constructor(private readonly items: ItemService) {}

  /** By name, each with the number of its items. */
  @Get('collections')
  @RequireScopes('context:read')
  @ApiOkResponse({ type: CollectionListDto })
  async collections(
    @CurrentCaller() caller: Caller,
    @Query() { limit, cursor }: GroupListQueryDto,
  ): Promise<CollectionListDto> {
    const after = cursor === undefined ? undefined : readGroupCursor(cursor);
    return listOf(await this.items.groups(caller.workspaceId, 'collection', limit, after), toCollectionDto);
  }

  /** By name, each with the number of its items. */
  @Get('sessions')
  @RequireScopes('context:read')
  @ApiOkResponse({ type: SessionListDto })
  async sessions(
    @CurrentCaller() caller: Caller,
    @Query() { limit, cursor }: GroupListQueryDto,
  ): Promise<SessionListDto> {
    const after = cursor === undefined ? undefined : readGroupCursor(cursor);
    return listOf(await this.items.groups(caller.workspaceId, 'session', limit, after), toSessionDto);
  }
}
