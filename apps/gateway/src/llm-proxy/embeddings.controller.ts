import { Controller, HttpCode, Post, Res, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ApiKeyGuard, RequireScopes } from '../auth/index.js';
import { SaysLimits } from '../rate-limit/index.js';
import { EmbeddingCall } from './embedding-call.js';
import { EmbeddingsDto } from './embeddings.dto.js';
import { Forwarded, type ForwardedCall } from './forwarded-call.js';
import { ApiIdempotent, keptAnswerHeaders } from './kept-answers.decorator.js';

/** OpenAI's embeddings door. */
@ApiTags('embeddings')
@SaysLimits()
@UseGuards(ApiKeyGuard)
@Controller('v1/embeddings')
export class EmbeddingsController {
  constructor(private readonly embeddings: EmbeddingCall) {}

  @Post()
  @HttpCode(200)
  @RequireScopes('embeddings')
  @ApiOperation({
    summary: 'Embeddings as OpenAI gives them, floats or base64',
    description: 'Asked again when the upstream fails; `x-upstream-attempts` says how often it was asked.',
  })
  @ApiIdempotent()
  @ApiBody({ type: EmbeddingsDto })
  @ApiOkResponse({
    headers: keptAnswerHeaders,
    description: 'The upstream’s answer, byte for byte',
    schema: { type: 'object', additionalProperties: true },
  })
  embed(@Forwarded() call: ForwardedCall, @Res() response: Response): Promise<void> {
    return this.embeddings.run(call, response);
  }
}
