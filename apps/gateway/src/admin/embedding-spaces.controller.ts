import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { EmbeddingSpaceService } from '#context-memory';
import { AdminOnly } from '../auth/index.js';
import { ApiErrors } from '../http/error.dto.js';
import { listOf } from '../http/list.js';
import {
  CreateEmbeddingSpaceDto,
  EmbeddingSpaceDto,
  EmbeddingSpaceListDto,
  spaceIdOf,
  toEmbeddingSpace,
  toEmbeddingSpaceDto,
} from './embedding-space.dto.js';

const ApiId = () => ApiParam({ name: 'id', type: 'integer', example: 2 });

/** By which model's vectors memory is searched. A switch holds on every process within two seconds. */
@ApiTags('admin')
@AdminOnly()
@Controller('admin/embedding-spaces')
export class EmbeddingSpacesController {
  constructor(private readonly spaces: EmbeddingSpaceService) {}

  @Get()
  @ApiOkResponse({ type: EmbeddingSpaceListDto })
  async list(): Promise<EmbeddingSpaceListDto> {
    return listOf({ data: await this.spaces.list(), nextCursor: null }, toEmbeddingSpaceDto);
  }

  /** Begins to fill a space in the background; one that is there already stays as it is. */
  @Post()
  @ApiCreatedResponse({ type: EmbeddingSpaceDto })
  @ApiErrors({ 409: 'It is being removed', 503: 'Its model does not answer right now' })
  async create(@Body() body: CreateEmbeddingSpaceDto): Promise<EmbeddingSpaceDto> {
    return toEmbeddingSpaceDto(await this.spaces.create(toEmbeddingSpace(body)));
  }

  @Get(':id')
  @ApiId()
  @ApiOkResponse({ type: EmbeddingSpaceDto })
  async get(@Param('id') id: string): Promise<EmbeddingSpaceDto> {
    return toEmbeddingSpaceDto(await this.spaces.get(spaceIdOf(id)));
  }

  /** Switches to it, or back to it. A workspace that is not filled yet is read as before until it is. */
  @Post(':id/activate')
  @HttpCode(200)
  @ApiId()
  @ApiOkResponse({ type: EmbeddingSpaceDto })
  @ApiErrors({ 409: 'It is being removed' })
  async activate(@Param('id') id: string): Promise<EmbeddingSpaceDto> {
    return toEmbeddingSpaceDto(await this.spaces.activate(spaceIdOf(id)));
  }

  /** Has its index and its vectors removed in the background; then it is gone from the list. */
  @Delete(':id')
  @HttpCode(202)
  @ApiId()
  @ApiAcceptedResponse({ type: EmbeddingSpaceDto })
  @ApiErrors({ 409: 'It is the active one' })
  async retire(@Param('id') id: string): Promise<EmbeddingSpaceDto> {
    return toEmbeddingSpaceDto(await this.spaces.retire(spaceIdOf(id)));
  }
}
