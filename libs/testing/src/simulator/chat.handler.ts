import type { JsonObject } from '#common';
import { answerTo, spokenText, type ChatAnswer } from './chat-answer.js';
import { completionOf, isFree, type ChatReply } from './chat-reply.js';
import { parseChatRequest, type ChatRequest } from './chat-request.js';
import { chooseModel } from './chat-routing.js';
import { streamChat } from './chat-stream.js';
import type { Exchange } from './exchange.js';
import { sendJson } from './json-reply.js';
import type { SimulatedModel } from './model-catalogue.js';
import type { SimulatorState } from './simulator.state.js';
import { countTokens } from './token-counter.js';
import { costOf } from './usage.js';

function replyTo(exchange: Exchange, request: ChatRequest, model: SimulatedModel): ChatReply {
  const { fault, call } = exchange;
  const { empty_completion: empty } = fault;
  const answer: ChatAnswer = empty
    ? { reasoning: '', text: '', toolCalls: [], finishReason: empty === 'blank' ? null : 'stop' }
    : answerTo(request, model);
  return {
    id: call.id,
    created: Math.floor(Date.parse(call.started_at) / 1000),
    model,
    promptTokens: request.promptTokens,
    choices: Array.from({ length: request.n }, () => answer),
    fault,
  };
}

const tokensIn = (texts: string[]): number => texts.reduce((sum, text) => sum + countTokens(text), 0);

/** Writes into the ledger what the call is billed: cancelling stops the billing of streams only, as OpenRouter says. */
function settle(exchange: Exchange, reply: ChatReply, said: string[]): void {
  const { call, fault } = exchange;
  call.sent_tokens = tokensIn(said);
  if (fault.usage !== 'zero') {
    call.prompt_tokens = reply.promptTokens;
    call.completion_tokens = call.streamed ? call.sent_tokens : tokensIn(reply.choices.map(spokenText));
  }
  call.cost = isFree(fault) ? 0 : costOf(reply.model, call.prompt_tokens, call.completion_tokens).total;
  if (!exchange.over) call.finish_reason = reply.choices[0]?.finishReason ?? null;
}

/** `POST /chat/completions`. @param shape how a reply, or a chunk of it, is written */
export async function serveChat(
  exchange: Exchange,
  state: SimulatorState,
  body: JsonObject,
  shape = (reply: JsonObject): JsonObject => reply,
): Promise<void> {
  const { call } = exchange;
  const request = parseChatRequest(body);
  call.streamed = request.stream;
  const model = await chooseModel(exchange, state, request);
  call.model = model.id;
  call.provider = model.provider;
  const reply = replyTo(exchange, request, model);
  const said: string[] = [];
  try {
    if (request.stream) {
      await streamChat(exchange, reply, said, shape);
    } else {
      await sendJson(exchange, shape(completionOf(reply)));
      said.push(...reply.choices.map(spokenText));
    }
  } finally {
    settle(exchange, reply, said);
  }
}
