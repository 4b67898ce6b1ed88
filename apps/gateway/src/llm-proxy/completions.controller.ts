import { Controller, HttpCode, Post, Res, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ApiKeyGuard, RequireScopes } from '../auth/index.js';
import { SaysLimits } from '../rate-limit/index.js';
import { TextCompletionDto } from './completions.dto.js';
import { Doors } from './doors.js';
import { Forwarded, type ForwardedCall } from './forwarded-call.js';
import { ApiCached, ApiIdempotent, cachedAnswerHeaders } from './kept-answers.decorator.js';

/** OpenAI's older door, for text. */
@ApiTags('completions')
@SaysLimits()
@UseGuards(ApiKeyGuard)
@Controller('v1/completions')
export class CompletionsController {
  constructor(private readonly doors: Doors) {}

  @Post()
  @HttpCode(200)
  @RequireScopes('chat')
  @ApiOperation({
    summary: 'A text completion, JSON or streamed',
    description: 'The body goes upstream byte for byte. Without memory, which works on messages.',
  })
  @ApiIdempotent()
  @ApiCached()
  @ApiBody({ type: TextCompletionDto })
  @ApiOkResponse({
    headers: cachedAnswerHeaders,
    description: 'The upstream’s `text_completion`, or its events with `stream: true`',
    content: {
      'application/json': { schema: { type: 'object', additionalProperties: true } },
      'text/event-stream': { schema: { type: 'string' } },
    },
  })
  complete(@Forwarded() call: ForwardedCall, @Res() response: Response): Promise<void> {
    return this.doors.completeText(call, response);
  }
}
