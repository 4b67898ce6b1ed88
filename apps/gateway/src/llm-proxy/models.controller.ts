import { Controller, Get, Param, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Caller } from '#auth';
import { NotFoundError } from '#common';
import { ModelCatalogue } from '#llm-proxy';
import { ApiKeyGuard, CurrentCaller, RequireScopes } from '../auth/index.js';
import { RateLimitGuard } from '../rate-limit/index.js';

@ApiTags('models')
@Controller('v1/models')
@UseGuards(ApiKeyGuard, RateLimitGuard)
export class ModelsController {
  constructor(private readonly catalogue: ModelCatalogue) {}

  @Get()
  @RequireScopes()
  @ApiOperation({ summary: 'The models this key may use' })
  @ApiOkResponse({ description: 'OpenAI’s list, each model with what the upstream tells of it' })
  async list(@CurrentCaller() caller: Caller) {
    return { object: 'list', data: await this.catalogue.forKey(caller.allowedModels) };
  }

  // Ids hold slashes: `openai/gpt-5`.
  @Get('*id')
  @RequireScopes()
  @ApiOperation({ summary: 'One model' })
  @ApiParam({ name: 'id', example: 'demo/echo-with-context' })
  async get(@CurrentCaller() caller: Caller, @Param('id') path: string | string[]) {
    const id = Array.isArray(path) ? path.join('/') : path;
    if (caller.allowedModels !== null && !caller.allowedModels.includes(id))
      throw new NotFoundError('model', id);
    return this.catalogue.get(id);
  }
}
