import { Controller, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { Caller } from '#auth';
import { ApiKeyGuard, CurrentCaller, RequireScopes } from '../auth/index.js';
import { clientGone } from '../http/client-gone.js';
import { rawBodyOf, stateOf } from '../http/request-state.js';
import { ChatCompletion } from './chat-completion.js';
import { ChatCompletionDto } from './chat-completion.dto.js';

@ApiTags('chat')
@Controller('v1/chat/completions')
@UseGuards(ApiKeyGuard)
export class ChatCompletionsController {
  constructor(private readonly chat: ChatCompletion) {}

  @Post()
  @HttpCode(200)
  @RequireScopes('chat')
  @ApiOperation({
    summary: 'A chat completion, JSON or streamed, with recalled context if asked for',
    description:
      'The body goes upstream byte for byte, without `context`. Reply headers: `x-context-receipt`, `x-context-tokens`, `x-context-items`.',
  })
  @ApiBody({ type: ChatCompletionDto })
  @ApiOkResponse({
    description: 'As OpenAI answers: a `chat.completion`, or server-sent events with `stream: true`',
  })
  complete(
    @CurrentCaller() caller: Caller,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { requestId } = stateOf(request);
    const call = {
      caller,
      requestId,
      rawBody: rawBodyOf(request),
      headers: request.headers,
      signal: clientGone(response),
    };
    return this.chat.run(call, response);
  }
}
