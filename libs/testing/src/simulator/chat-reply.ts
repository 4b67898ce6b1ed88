import type { JsonObject } from '#common';
import { tokensOf, type ChatAnswer } from './chat-answer.js';
import type { Fault } from './fault.js';
import type { SimulatedModel } from './model-catalogue.js';
import { errorObject } from './openrouter.error.js';
import { countTokens } from './token-counter.js';
import { usageOf } from './usage.js';

/** Everything a chat reply is made from, streamed or not. */
export interface ChatReply {
  id: string;
  /** Seconds since the epoch. */
  created: number;
  model: SimulatedModel;
  promptTokens: number;
  choices: ChatAnswer[];
  fault: Fault;
}

/**
 * Nothing is billed for an error, for zero tokens with a blank reason (OpenRouter, "Zero Completion Insurance"), nor for an
 * answer from the cache.
 */
export const isFree = (fault: Fault): boolean =>
  fault.empty_completion === 'blank' ||
  fault.usage === 'zero' ||
  [fault.error_in_body, fault.error_in_choice, fault.error_in_stream].some((error) => error !== undefined);

/** The fields that every chunk and every completion begins with. */
export const replyHead = (reply: ChatReply, object: string): JsonObject => ({
  id: reply.id,
  provider: reply.model.provider,
  model: reply.model.id,
  object,
  created: reply.created,
});

/** Completion tokens over all choices. */
export const completionTokens = (reply: ChatReply): number =>
  reply.choices.reduce((sum, choice) => sum + tokensOf(choice), 0);

/** The `usage` of the whole reply. */
export const replyUsage = (reply: ChatReply, completion = completionTokens(reply)) =>
  reply.fault.usage === 'zero'
    ? usageOf(reply.model, { prompt: 0, completion: 0, reasoning: 0, free: true })
    : usageOf(reply.model, {
        prompt: reply.promptTokens,
        completion,
        reasoning: reply.choices.reduce((sum, { reasoning }) => sum + countTokens(reasoning), 0),
        free: isFree(reply.fault),
      });

/** How a choice ends: both reasons, and the error a fault puts there. */
export function ending(reply: ChatReply, index: number): JsonObject {
  const error = index === 0 ? reply.fault.error_in_choice : undefined;
  const reason = error ? 'error' : (reply.choices[index]?.finishReason ?? null);
  return {
    finish_reason: reason,
    native_finish_reason: reason ?? '',
    ...(error && { error: errorObject(error) }),
  };
}

/** Reasoning as OpenRouter sends it, whole or in pieces: as text, and in a detail that wants to come back with the next call. */
export const reasoningOf = (text: string): JsonObject => ({
  reasoning: text,
  reasoning_details: [{ type: 'reasoning.text', text, format: 'unknown', index: 0 }],
});

/** The body of a reply that is not streamed. */
export function completionOf(reply: ChatReply): JsonObject {
  return {
    ...replyHead(reply, 'chat.completion'),
    system_fingerprint: null,
    choices: reply.choices.map((choice, index) => ({
      index,
      logprobs: null,
      ...ending(reply, index),
      message: {
        role: 'assistant',
        content: choice.toolCalls.length > 0 ? null : choice.text,
        refusal: null,
        ...(choice.reasoning !== '' && reasoningOf(choice.reasoning)),
        ...(choice.toolCalls.length > 0 && {
          tool_calls: choice.toolCalls.map((call, at) => ({
            index: at,
            id: call.id,
            type: 'function',
            function: { name: call.name, arguments: call.arguments },
          })),
        }),
      },
    })),
    ...(reply.fault.usage !== 'none' && { usage: replyUsage(reply) }),
  };
}
