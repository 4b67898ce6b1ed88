import { InvalidRequestError, type JsonObject } from '#common';
import { kept } from '../chat-body.js';
import { readForwardedBody } from '../forwarded-body.js';
import { readBoolean, readCount, readList, readName, readObject, readString } from '../request-fields.js';
import { asksFor, untranslatable } from '../untranslatable.js';
import { chatMessagesOf } from './response-input.js';
import { chatResponseFormat } from './response-format.js';
import { chatToolsAndChoice } from './response-tools.js';

/** A call to the Responses door. */
export interface ResponseRequest {
  /** The same call as a chat body, JSON. */
  chatBody: Buffer;
  /** The body as it came: its response repeats much of it. */
  asked: JsonObject;
  /** The caller will bring the model's reasoning to the next turn itself. */
  wantsReasoning: boolean;
}

/** They rest on something that OpenAI keeps and a gateway of chat completions does not. */
const stateful = ['previous_response_id', 'conversation', 'prompt', 'context_management'] as const;

/** These mean the same in a chat body. */
const same = [
  'temperature',
  'top_p',
  'parallel_tool_calls',
  'metadata',
  'service_tier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
] as const;

/**
 * Translates a body of OpenAI's Responses API to a chat body.
 * @throws InvalidRequestError whose `param` is the path of the field as the caller wrote it: for what is malformed, and for
 *   what a chat completion cannot carry
 */
export function readResponseRequest(raw: Buffer): ResponseRequest {
  // A name given twice does no harm here: what is forwarded is written anew from the one that was read.
  const { value: body } = readForwardedBody(raw, new Set());
  demandTranslatable(body);
  const stream = readBoolean(body['stream'], 'stream') ?? false;
  const text = readObject(body['text'], 'text');
  const chat: JsonObject = {
    ...kept(body, same),
    model: readName(body['model'], 'model'),
    messages: chatMessagesOf(readString(body['instructions'], 'instructions'), body['input']),
    max_tokens: readCount(body['max_output_tokens'], 'max_output_tokens'),
    ...chatToolsAndChoice(body),
    reasoning: reasoningOf(body),
    response_format: chatResponseFormat(text?.['format']),
    verbosity: readName(text?.['verbosity'], 'text.verbosity'),
    stream,
    stream_options: stream ? { include_usage: true } : undefined,
    // OpenRouter's way to leave out what does not fit.
    ...(body['truncation'] === 'auto' && { transforms: body['transforms'] ?? ['middle-out'] }),
  };
  return {
    chatBody: Buffer.from(JSON.stringify(chat)),
    asked: body,
    wantsReasoning: includes(body).includes('reasoning.encrypted_content'),
  };
}

function demandTranslatable(body: JsonObject): void {
  for (const name of stateful) {
    if (asksFor(body[name])) throw untranslatable(name, 'state that is kept between calls');
  }
  if (readBoolean(body['background'], 'background'))
    throw untranslatable('background', 'work in the background');
  if (readBoolean(body['stream'], 'stream') !== true && body['stream_options'] != null) {
    throw new InvalidRequestError(`'stream_options' needs 'stream': true`, 'stream_options');
  }
  const wantsLogprobs = includes(body).includes('message.output_text.logprobs');
  if (wantsLogprobs) throw untranslatable('include', 'log probabilities');
  if (body['top_logprobs']) throw untranslatable('top_logprobs', 'log probabilities');
}

const includes = (body: JsonObject): unknown[] => readList(body['include'], 'include') ?? [];

/** OpenRouter's `reasoning` is this one and more. */
function reasoningOf(body: JsonObject): JsonObject | undefined {
  const reasoning = readObject(body['reasoning'], 'reasoning');
  const known = ['effort', 'max_tokens', 'exclude', 'enabled'].filter((name) => reasoning?.[name] != null);
  return known.length === 0 ? undefined : Object.fromEntries(known.map((name) => [name, reasoning?.[name]]));
}
