import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Caller } from '#auth';
import { NotFoundError } from '#common';
import { ModelCatalogue } from '#llm-proxy';
import { CurrentCaller, RequireScopes } from '../auth/index.js';
import { RateLimited } from '../rate-limit/index.js';
import { ModelDto, ModelListDto } from './model.dto.js';

/** The upstream's models, as far as the key may use them. */
@ApiTags('models')
@RateLimited()
@Controller('v1/models')
export class ModelsController {
  constructor(private readonly catalogue: ModelCatalogue) {}

  @Get()
  @RequireScopes()
  @ApiOperation({ summary: 'The models this key may use' })
  @ApiOkResponse({ type: ModelListDto })
  async list(@CurrentCaller() caller: Caller): Promise<ModelListDto> {
    return { object: 'list', data: await this.catalogue.forKey(caller.allowedModels) };
  }

  // Ids hold slashes: `openai/gpt-5`.
  @Get('*id')
  @RequireScopes()
  @ApiOperation({ summary: 'One model' })
  @ApiParam({ name: 'id', type: String, example: 'demo/echo-with-context' })
  @ApiOkResponse({ type: ModelDto })
  async get(@CurrentCaller() caller: Caller, @Param('id') path: string | string[]): Promise<ModelDto> {
    const id = Array.isArray(path) ? path.join('/') : path;
    if (caller.allowedModels !== null && !caller.allowedModels.includes(id))
      throw new NotFoundError('model', id);
    return this.catalogue.get(id);
  }
}
