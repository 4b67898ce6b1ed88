import { Controller, HttpCode, Post, Res, UseGuards } from '@nestjs/common';
import { ApiBody, ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ApiKeyGuard, RequireScopes } from '../auth/index.js';
import { MessageErrorDto } from '../http/error.dto.js';
import { RateLimitGuard, SaysLimits } from '../rate-limit/index.js';
import { Doors } from './doors.js';
import { Forwarded, type ForwardedCall } from './forwarded-call.js';
import { ApiCached, ApiIdempotent, cachedAnswerHeaders } from './kept-answers.decorator.js';
import { MessageRequestDto, TokenCountDto } from './messages.dto.js';

/** Anthropic's Messages door. */
@ApiTags('messages')
@ApiExtraModels(MessageErrorDto)
@SaysLimits()
@UseGuards(ApiKeyGuard)
@Controller('v1/messages')
export class MessagesController {
  constructor(private readonly doors: Doors) {}

  @Post()
  @HttpCode(200)
  @RequireScopes('chat')
  @ApiOperation({
    summary: 'A message, JSON or streamed, with recalled context if asked for',
    description:
      'Translated to a chat completion and back. Containers, MCP servers, tools that Anthropic runs and files by id are refused. Errors have Anthropic’s shape: `{type: "error", error: {type, message, details}, request_id}`. Context and reply headers as in chat.',
  })
  @ApiIdempotent()
  @ApiCached()
  @ApiBody({ type: MessageRequestDto })
  @ApiOkResponse({
    headers: cachedAnswerHeaders,
    description: 'As Anthropic answers: a `message`, or its events with `stream: true`',
    content: {
      'application/json': { schema: { type: 'object', additionalProperties: true } },
      'text/event-stream': { schema: { type: 'string' } },
    },
  })
  create(@Forwarded() call: ForwardedCall, @Res() response: Response): Promise<void> {
    return this.doors.message(call, response);
  }

  @Post('count_tokens')
  @HttpCode(200)
  @RequireScopes('chat')
  @UseGuards(RateLimitGuard)
  @ApiOperation({
    summary: 'The tokens of a message that is not sent',
    description:
      'Counted with OpenAI’s vocabulary (o200k), as the gateway’s reservations are; Claude’s own count differs.',
  })
  @ApiBody({ type: MessageRequestDto })
  @ApiOkResponse({ type: TokenCountDto })
  countTokens(@Forwarded() call: ForwardedCall): TokenCountDto {
    return { input_tokens: this.doors.countTokens(call) };
  }
}
