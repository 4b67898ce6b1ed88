import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { newId } from '#common';
import {
  type AnswerSink,
  type AnswerTranslation,
  bytesOf,
  contextOptionsInHeaders,
  contextRefused,
  MessageAnswer,
  readCompletionRequest,
  readMessageRequest,
  readResponseRequest,
  readTextCompletionRequest,
  ResponseAnswer,
  TranslatedSink,
} from '#llm-proxy';
import { ChatCompletion } from './chat-completion.js';
import type { ForwardedCall } from './forwarded-call.js';
import { PromptCounter } from './prompt-counter.js';

/** The doors beside chat's own. Each translates at the edge; behind it every call is a chat call. */
@Injectable()
export class Doors {
  constructor(
    private readonly chat: ChatCompletion,
    private readonly counter: PromptCounter,
  ) {}

  /** OpenAI's Responses API. @throws as ChatCompletion.run */
  async respond(call: ForwardedCall, response: Response): Promise<void> {
    const request = readResponseRequest(call.rawBody);
    await this.translated(call, response, request.chatBody, new ResponseAnswer({ request, makeId }));
  }

  /** Anthropic's Messages API. @throws as ChatCompletion.run */
  async message(call: ForwardedCall, response: Response): Promise<void> {
    const { requestId } = call;
    const request = readMessageRequest(call.rawBody);
    response.setHeader('request-id', requestId);
    await this.translated(
      call,
      response,
      request.chatBody,
      new MessageAnswer({ request, requestId, makeId }),
    );
  }

  /** What a message would count, were it sent: by our tokenizer, as reservations are. @throws InvalidRequestError as `message` */
  countTokens({ rawBody, caller }: ForwardedCall): number {
    const { chatBody } = readMessageRequest(rawBody);
    const request = readCompletionRequest(chatBody, caller.models.default);
    return this.counter.count(caller.workspaceId, request).tokens;
  }

  /** OpenAI's older text completions: nothing to translate, and no messages that memory could work on. */
  async completeText(call: ForwardedCall, response: Response): Promise<void> {
    if (contextOptionsInHeaders(call.headers)) throw contextRefused();
    await this.chat.run(call, response, readTextCompletionRequest(call.rawBody, call.caller.models.default));
  }

  private translated(
    call: ForwardedCall,
    response: Response,
    chatBody: Buffer,
    translation: AnswerTranslation,
  ): Promise<void> {
    const { keepAlive } = translation;
    const translate = (client: AnswerSink) => new TranslatedSink(client, translation);
    const request = readCompletionRequest(chatBody, call.caller.models.default);
    const kept = keepAlive ? { ...call, keepAlive: bytesOf([keepAlive]) } : call;
    return this.chat.run(kept, response, request, translate);
  }
}

/** `msg_0199…`: ids of answers and of their parts, unique and sortable as all of ours. */
const makeId = (prefix: string): string => prefix + newId().replaceAll('-', '');
