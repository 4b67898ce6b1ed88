import { Controller, HttpCode, Post, Res, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ApiKeyGuard, RequireScopes } from '../auth/index.js';
import { SaysLimits } from '../rate-limit/index.js';
import { ChatCompletion } from './chat-completion.js';
import { ChatCompletionDto } from './chat-completion.dto.js';
import { Forwarded, type ForwardedCall } from './forwarded-call.js';
import { ApiCached, ApiIdempotent, cachedAnswerHeaders } from './kept-answers.decorator.js';

/** OpenAI's chat door. */
@ApiTags('chat')
@SaysLimits()
@UseGuards(ApiKeyGuard)
@Controller('v1/chat/completions')
export class ChatCompletionsController {
  constructor(private readonly chat: ChatCompletion) {}

  @Post()
  @HttpCode(200)
  @RequireScopes('chat')
  @ApiOperation({
    summary: 'A chat completion, JSON or streamed, with recalled context if asked for',
    description:
      'The body goes upstream byte for byte, without `context` and `models`: the latter are tried by the gateway itself, in their order, where one fails. Reply headers: `x-upstream-attempts` (also on errors), `x-context-receipt`, `x-context-tokens`, `x-context-items`, `x-context-cache-safe` (all before the last user message is as it was sent).',
  })
  @ApiIdempotent()
  @ApiCached()
  @ApiBody({ type: ChatCompletionDto })
  @ApiOkResponse({
    headers: cachedAnswerHeaders,
    description: 'As OpenAI answers: a `chat.completion`, or server-sent events with `stream: true`',
    content: {
      'application/json': { schema: { type: 'object', additionalProperties: true } },
      'text/event-stream': { schema: { type: 'string' } },
    },
  })
  complete(@Forwarded() call: ForwardedCall, @Res() response: Response): Promise<void> {
    return this.chat.run(call, response);
  }
}
