import { Controller, HttpCode, Post, Res, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ApiKeyGuard, RequireScopes } from '../auth/index.js';
import { SaysLimits } from '../rate-limit/index.js';
import { Doors } from './doors.js';
import { Forwarded, type ForwardedCall } from './forwarded-call.js';
import { ApiCached, ApiIdempotent, cachedAnswerHeaders } from './kept-answers.decorator.js';
import { ResponseRequestDto } from './responses.dto.js';

/** OpenAI's Responses door. */
@ApiTags('responses')
@SaysLimits()
@UseGuards(ApiKeyGuard)
@Controller('v1/responses')
export class ResponsesController {
  constructor(private readonly doors: Doors) {}

  @Post()
  @HttpCode(200)
  @RequireScopes('chat')
  @ApiOperation({
    summary: 'A response, JSON or streamed, with recalled context if asked for',
    description:
      'Translated to a chat completion and back. What rests on state kept by OpenAI (`previous_response_id`, `conversation`, `background`, file ids, built-in tools) is refused with `not_translatable`. Context and reply headers as in chat.',
  })
  @ApiIdempotent()
  @ApiCached()
  @ApiBody({ type: ResponseRequestDto })
  @ApiOkResponse({
    headers: cachedAnswerHeaders,
    description: 'As OpenAI answers: a `response`, or its events with `stream: true`',
    content: {
      'application/json': { schema: { type: 'object', additionalProperties: true } },
      'text/event-stream': { schema: { type: 'string' } },
    },
  })
  respond(@Forwarded() call: ForwardedCall, @Res() response: Response): Promise<void> {
    return this.doors.respond(call, response);
  }
}
