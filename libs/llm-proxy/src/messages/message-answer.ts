import type { GatewayError, JsonObject } from '#common';
import type { PartEvent, PartHead } from '../answer-parts/answer-part.js';
import { AnswerReader, type MakeId } from '../answer-parts/answer-reader.js';
import type { AnswerTranslation, DoorEvent } from '../answer-translation.js';
import { deltaOf, emptyBlock, wholeBlock } from './content-block.js';
import { messageErrorBody } from './message-error.js';
import type { MessageRequest } from './message-request.js';
import { messageUsage, wholeMessageUsage } from './message-usage.js';
import { stopReason } from './stop-reason.js';

/** What a message answer needs to know of its call. */
export interface MessageCall {
  request: Pick<MessageRequest, 'stopSequences'>;
  requestId: string;
  makeId: MakeId;
}

/** Makes a Messages answer of a chat answer: one message, or the events that build it. */
export class MessageAnswer implements AnswerTranslation {
  readonly keepAlive = { type: 'ping' };
  private readonly reader: AnswerReader;
  private readonly id: string;
  private readonly content: JsonObject[] = [];
  private head: PartHead = { type: 'text' };
  private hasBegun = false;
  private hasToolCalls = false;
  private hasRefusal = false;

  constructor(private readonly call: MessageCall) {
    this.id = call.makeId('msg_');
    this.reader = new AnswerReader(call.makeId);
  }

  whole(completion: JsonObject): JsonObject {
    for (const part of [...this.reader.read(completion), ...this.reader.end()]) this.blockEvents(part);
    return {
      ...this.message(),
      content: this.content,
      ...this.ending(),
      usage: wholeMessageUsage(this.reader.usage),
    };
  }

  chunk(chunk: JsonObject): DoorEvent[] {
    const events = this.reader.read(chunk).flatMap((part) => this.blockEvents(part));
    return [...this.beginning(), ...events];
  }

  done(): DoorEvent[] {
    const rest = this.reader.end().flatMap((part) => this.blockEvents(part));
    return [
      ...this.beginning(),
      ...rest,
      { type: 'message_delta', delta: this.ending(), usage: messageUsage(this.reader.usage) },
      { type: 'message_stop' },
    ];
  }

  fail(error: GatewayError): DoorEvent[] {
    return [messageErrorBody(error, this.call.requestId)];
  }

  private beginning(): DoorEvent[] {
    if (this.hasBegun) return [];
    this.hasBegun = true;
    const message = {
      ...this.message(),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      container: null,
      // Chat counts at the end; `message_delta` brings the numbers.
      usage: wholeMessageUsage(),
    };
    return [{ type: 'message_start', message }];
  }

  private blockEvents(part: PartEvent): DoorEvent[] {
    const index = this.content.length;
    switch (part.kind) {
      case 'open':
        this.head = part.head;
        return [{ type: 'content_block_start', index, content_block: emptyBlock(part.head) }];
      case 'grow':
        return [{ type: 'content_block_delta', index, delta: deltaOf(this.head, part.text) }];
      case 'close':
      default:
        return this.closeBlock(part);
    }
  }

  private closeBlock(part: Extract<PartEvent, { kind: 'close' }>): DoorEvent[] {
    const index = this.content.length;
    const block = wholeBlock(this.head, part);
    this.content.push(block);
    this.hasToolCalls ||= this.head.type === 'tool_call';
    this.hasRefusal ||= this.head.type === 'refusal';
    const signature = { type: 'signature_delta', signature: block['signature'] };
    return [
      ...(block['signature'] ? [{ type: 'content_block_delta', index, delta: signature }] : []),
      { type: 'content_block_stop', index },
    ];
  }

  private message(): JsonObject {
    return {
      id: this.id,
      type: 'message',
      role: 'assistant',
      model: this.reader.model ?? '',
      diagnostics: null,
    };
  }

  private ending(): JsonObject {
    const { finishReason, nativeFinishReason } = this.reader;
    const { hasToolCalls, hasRefusal } = this;
    const stop_reason = stopReason({ finishReason, nativeFinishReason, hasToolCalls, hasRefusal });
    const [only, ...others] = this.call.request.stopSequences;
    return {
      stop_reason,
      // Chat does not say which of them it was.
      stop_sequence: stop_reason === 'stop_sequence' && others.length === 0 ? (only ?? null) : null,
      stop_details: null,
      container: null,
    };
  }
}
