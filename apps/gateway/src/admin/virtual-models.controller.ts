import { Body, Controller, Delete, Get, Param, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { VirtualModelService } from '#auth';
import { AdminOnly } from '../auth/index.js';
import { ApiErrors } from '../http/error.dto.js';
import { listOf } from '../http/list.js';
import { nameInPath } from '../http/name-in-path.js';
import {
  DefaultModelDto,
  PutVirtualModelDto,
  toVirtualModelDto,
  VirtualModelDto,
  VirtualModelListDto,
  VirtualModelQueryDto,
} from './virtual-model.dto.js';

const ApiName = () => ApiParam({ name: 'name', type: String, example: 'fast' });

/** The tenants' own names for models. Changes hold on every gateway within a second. */
@ApiTags('admin')
@AdminOnly()
@Controller('admin/workspaces/:id')
export class VirtualModelsController {
  constructor(private readonly models: VirtualModelService) {}

  @Get('models')
  @ApiOkResponse({ type: VirtualModelListDto })
  async list(
    @Param('id') workspaceId: string,
    @Query() { limit, cursor }: VirtualModelQueryDto,
  ): Promise<VirtualModelListDto> {
    return listOf(await this.models.list(workspaceId, limit, cursor ?? null), toVirtualModelDto);
  }

  // Names may hold slashes, as real models' do.
  @Get('models/*name')
  @ApiName()
  @ApiOkResponse({ type: VirtualModelDto })
  async get(@Param('id') workspaceId: string, @Param('name') path: string[]): Promise<VirtualModelDto> {
    return toVirtualModelDto(await this.models.get(workspaceId, nameInPath(path)));
  }

  /** Makes it, or makes it anew. A target may not be a virtual model itself. */
  @Put('models/*name')
  @ApiName()
  @ApiOkResponse({ type: VirtualModelDto })
  async put(
    @Param('id') workspaceId: string,
    @Param('name') path: string[],
    @Body() { strategy, targets }: PutVirtualModelDto,
  ): Promise<VirtualModelDto> {
    return toVirtualModelDto(
      await this.models.put({
        workspaceId,
        name: nameInPath(path),
        strategy: strategy ?? 'ordered',
        targets: targets.map(({ model, weight }) => ({ model, weight: weight ?? null })),
      }),
    );
  }

  @Delete('models/*name')
  @ApiName()
  @ApiErrors({ 409: 'It is the workspace’s default model' })
  @ApiOkResponse({ type: VirtualModelDto })
  async delete(@Param('id') workspaceId: string, @Param('name') path: string[]): Promise<VirtualModelDto> {
    return toVirtualModelDto(await this.models.delete(workspaceId, nameInPath(path)));
  }

  /** What is meant when a chat call names no model. */
  @Put('default-model')
  @ApiOkResponse({ type: DefaultModelDto })
  async setDefault(
    @Param('id') workspaceId: string,
    @Body() { model }: DefaultModelDto,
  ): Promise<DefaultModelDto> {
    await this.models.setDefault(workspaceId, model);
    return { model };
  }
}
