import type { JsonObject } from '#common';
import {
  completionTokens,
  ending,
  reasoningOf,
  replyHead,
  replyUsage,
  type ChatReply,
} from './chat-reply.js';
import { countTokens } from './token-counter.js';

/** One data event of a stream, and what its choice says in it. */
export interface ChatChunk {
  event: JsonObject;
  index: number;
  said: string;
}

interface Delta {
  delta: JsonObject;
  said: string;
}

/** A text in words, each with the white space before it; joined they are the text again. */
export const wordsOf = (text: string): string[] => text.match(/\s*\S+|\s+$/gu) ?? [];

function* deltasOf(choice: ChatReply['choices'][number]): Generator<Delta> {
  yield { delta: { role: 'assistant', content: '' }, said: '' };
  for (const word of wordsOf(choice.reasoning))
    yield { delta: { content: '', ...reasoningOf(word) }, said: word };
  for (const word of wordsOf(choice.text)) yield { delta: { content: word }, said: word };
  for (const [index, call] of choice.toolCalls.entries()) {
    const { id, name } = call;
    const opening = { index, id, type: 'function', function: { name, arguments: '' } };
    yield { delta: { content: null, tool_calls: [opening] }, said: name };
    // Clients must join the pieces: none of them is JSON by itself.
    for (const piece of call.arguments.match(/[^]{1,12}/gu) ?? []) {
      yield { delta: { tool_calls: [{ index, function: { arguments: piece } }] }, said: piece };
    }
  }
}

const unfinished = { finish_reason: null, native_finish_reason: null };

/** The data events of a streamed reply, in order, without `[DONE]`. */
export function* chunksOf(reply: ChatReply): Generator<ChatChunk> {
  const head = replyHead(reply, 'chat.completion.chunk');
  const mode = reply.fault.usage;
  let running = 0;
  for (const [index, choice] of reply.choices.entries()) {
    for (const { delta, said } of deltasOf(choice)) {
      const usage = mode === 'every_chunk' ? { usage: replyUsage(reply, running) } : {};
      running += countTokens(said);
      yield {
        event: { ...head, choices: [{ index, delta, ...unfinished, logprobs: null }], ...usage },
        index,
        said,
      };
    }
    const isLast = index === reply.choices.length - 1;
    const usage = mode === 'in_content_chunk' && isLast ? { usage: replyUsage(reply) } : {};
    const delta = { role: 'assistant', content: '' };
    const choices = [{ index, delta, ...ending(reply, index), logprobs: null }];
    yield { event: { ...head, choices, ...usage }, index, said: '' };
  }
  if (mode === 'none' || mode === 'in_content_chunk') return;
  const usage = replyUsage(reply, completionTokens(reply));
  yield { event: { ...head, choices: [], usage }, index: 0, said: '' };
}
