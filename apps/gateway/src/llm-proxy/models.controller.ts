import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Caller } from '#auth';
import { CurrentCaller, RequireScopes } from '../auth/index.js';
import { nameInPath } from '../http/name-in-path.js';
import { RateLimited } from '../rate-limit/index.js';
import { CallerModels } from './caller-models.js';
import { ModelCountDto, ModelDto, ModelListDto } from './model.dto.js';

/** The workspace's virtual models and the upstream's, as far as the key may use them. */
@ApiTags('models')
@RateLimited()
@Controller('v1/models')
export class ModelsController {
  constructor(private readonly models: CallerModels) {}

  @Get()
  @RequireScopes()
  @ApiOperation({ summary: 'The models this key may use' })
  @ApiOkResponse({ type: ModelListDto })
  async list(@CurrentCaller() caller: Caller): Promise<ModelListDto> {
    const data = await this.models.list(caller);
    return { object: 'list', data, total_count: data.length, links: { next: null } };
  }

  @Get('count')
  @RequireScopes()
  @ApiOperation({ summary: 'How many they are' })
  @ApiOkResponse({ type: ModelCountDto })
  async count(@CurrentCaller() caller: Caller): Promise<ModelCountDto> {
    const { length } = await this.models.list(caller);
    return { data: { count: length } };
  }

  // Ids hold slashes: `openai/gpt-5`.
  @Get('*id')
  @RequireScopes()
  @ApiOperation({ summary: 'One model' })
  @ApiParam({ name: 'id', type: String, example: 'demo/echo-with-context' })
  @ApiOkResponse({ type: ModelDto })
  get(@CurrentCaller() caller: Caller, @Param('id') path: string[]): Promise<ModelDto> {
    return this.models.get(caller, nameInPath(path));
  }
}
