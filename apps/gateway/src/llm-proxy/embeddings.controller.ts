import { Controller, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { Caller } from '#auth';
import { ApiKeyGuard, CurrentCaller, RequireScopes } from '../auth/index.js';
import { clientGone } from '../http/client-gone.js';
import { rawBodyOf, stateOf } from '../http/request-state.js';
import { EmbeddingCall } from './embedding-call.js';
import { EmbeddingsDto } from './embeddings.dto.js';

@ApiTags('embeddings')
@Controller('v1/embeddings')
@UseGuards(ApiKeyGuard)
export class EmbeddingsController {
  constructor(private readonly embeddings: EmbeddingCall) {}

  @Post()
  @HttpCode(200)
  @RequireScopes('embeddings')
  @ApiOperation({ summary: 'Embeddings as OpenAI gives them, floats or base64' })
  @ApiBody({ type: EmbeddingsDto })
  @ApiOkResponse({ description: 'The upstream’s answer, byte for byte' })
  embed(@CurrentCaller() caller: Caller, @Req() request: Request, @Res() response: Response): Promise<void> {
    const { requestId } = stateOf(request);
    const call = {
      caller,
      requestId,
      rawBody: rawBodyOf(request),
      headers: request.headers,
      signal: clientGone(response),
    };
    return this.embeddings.run(call, response);
  }
}
