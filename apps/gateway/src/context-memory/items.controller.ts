import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Caller } from '#auth';
import { IngestService, ItemService } from '#context-memory';
import { CurrentCaller, RequireScopes } from '../auth/index.js';
import { clientGone } from '../http/client-gone.js';
import { ApiErrors } from '../http/error.dto.js';
import { listOf } from '../http/list.js';
import { RateLimited } from '../rate-limit/index.js';
import { toNewItems } from './ingest-request.js';
import { IngestResultDto, toIngestResultDto } from './ingest-result.dto.js';
import { IngestDto, IngestQueryDto } from './ingest.dto.js';
import {
  DeletedItemDto,
  ItemDto,
  ItemListDto,
  ItemListQueryDto,
  PatchItemDto,
  toItemDto,
  toPatch,
} from './item.dto.js';
import { toItemQuery } from './item-query.js';

/** Items of memory. */
@ApiTags('context')
@RateLimited()
@Controller('v1/context/items')
export class ItemsController {
  constructor(
    private readonly ingest: IngestService,
    private readonly items: ItemService,
  ) {}

  /** Stores texts: found by their words at once, by their meaning when embedded. */
  @Post()
  @HttpCode(202)
  @RequireScopes('context:write')
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'A repeat with it is the same post' })
  @ApiErrors({ 409: 'The Idempotency-Key came before, with another body' })
  @ApiAcceptedResponse({ type: IngestResultDto })
  @ApiCreatedResponse({ type: IngestResultDto, description: 'With `?wait=true`: all is embedded' })
  async create(
    @CurrentCaller() caller: Caller,
    @Body() body: IngestDto,
    @Query() query: IngestQueryDto,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<IngestResultDto> {
    const wait = query.wait === 'true';
    const redact = body.redact ?? undefined;
    const options = { idempotencyKey, wait, redact, signal: clientGone(response) };
    const result = await this.ingest.ingest(caller.workspaceId, toNewItems(body), options);
    if (wait && result.job.status === 'completed') response.status(201);
    return toIngestResultDto(result);
  }

  /** Newest first. */
  @Get()
  @RequireScopes('context:read')
  @ApiOkResponse({ type: ItemListDto })
  async list(@CurrentCaller() caller: Caller, @Query() query: ItemListQueryDto): Promise<ItemListDto> {
    return listOf(await this.items.list(caller.workspaceId, toItemQuery(query)), toItemDto);
  }

  @Get(':id')
  @RequireScopes('context:read')
  @ApiOkResponse({ type: ItemDto })
  async get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<ItemDto> {
    return toItemDto(await this.items.get(caller.workspaceId, id));
  }

  /** Changes an item under its id, as one new version. */
  @Patch(':id')
  @RequireScopes('context:write')
  @ApiErrors({ 409: 'Another item has this content' })
  @ApiOkResponse({ type: ItemDto })
  async update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: PatchItemDto,
  ): Promise<ItemDto> {
    return toItemDto(await this.items.update(caller.workspaceId, id, toPatch(body)));
  }

  /** Deletes for good: text, parts and vectors. */
  @Delete(':id')
  @RequireScopes('context:write')
  @ApiOkResponse({ type: DeletedItemDto })
  async delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<DeletedItemDto> {
    await this.items.delete(caller.workspaceId, id);
    return { id, object: 'context.item', deleted: true };
  }
}
