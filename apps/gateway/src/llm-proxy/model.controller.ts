import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Caller } from '#auth';
import { CurrentCaller, RequireScopes } from '../auth/index.js';
import { nameInPath } from '../http/name-in-path.js';
import { RateLimited } from '../rate-limit/index.js';
import { CallerModels } from './caller-models.js';
import { OneModelDto } from './model.dto.js';

/** OpenRouter's door to one model; OpenAI's is `/v1/models/{id}`. */
@ApiTags('models')
@RateLimited()
@Controller('v1/model')
export class ModelController {
  constructor(private readonly models: CallerModels) {}

  // Ids hold slashes: `openai/gpt-5`.
  @Get('*id')
  @RequireScopes()
  @ApiOperation({ summary: 'One model, as OpenRouter wraps it' })
  @ApiParam({ name: 'id', type: String, example: 'demo/echo-with-context' })
  @ApiOkResponse({ type: OneModelDto })
  async get(@CurrentCaller() caller: Caller, @Param('id') path: string[]): Promise<OneModelDto> {
    return { data: await this.models.get(caller, nameInPath(path)) };
  }
}
