import { InvalidRequestError, type JsonObject } from '#common';
import { kept } from '../chat-body.js';
import { readForwardedBody } from '../forwarded-body.js';
import { readBoolean, readCount, readList, readName, readObject, required } from '../request-fields.js';
import { chatMessagesOf } from './message-turns.js';
import { asksFor, untranslatable } from '../untranslatable.js';
import { chatToolChoice, chatTools } from './message-tools.js';

/** A call to the Messages door. */
export interface MessageRequest {
  /** The same call as a chat body, JSON. */
  chatBody: Buffer;
  /** What would end the answer, if the caller named any. */
  stopSequences: readonly string[];
}

/** They ask for what lies outside a chat completion: code that the provider runs, files it keeps. */
const refused = ['container', 'mcp_servers'] as const;

/** These mean the same in a chat body. */
const same = ['temperature', 'top_p', 'cache_control'] as const;

/**
 * Translates a body of Anthropic's Messages API to a chat body.
 * @throws InvalidRequestError whose `param` is the path of the field as the caller wrote it: for what is malformed, and for
 *   what a chat completion cannot carry
 */
export function readMessageRequest(raw: Buffer): MessageRequest {
  // A name given twice does no harm here: what is forwarded is written anew from the one that was read.
  const { value: body } = readForwardedBody(raw, new Set());
  for (const name of refused)
    if (asksFor(body[name])) throw untranslatable(name, 'what Anthropic runs itself');
  const stopSequences = (readList(body['stop_sequences'], 'stop_sequences') ?? []).map((sequence, i) =>
    required(readName(sequence, `stop_sequences[${i}]`), `stop_sequences[${i}]`),
  );
  const stream = readBoolean(body['stream'], 'stream') ?? false;
  const choice = readObject(body['tool_choice'], 'tool_choice');
  const chat: JsonObject = {
    ...kept(body, same),
    model: readName(body['model'], 'model'),
    messages: chatMessagesOf(body),
    max_tokens: readCount(body['max_tokens'], 'max_tokens'),
    stop: stopSequences.length > 0 ? stopSequences : undefined,
    tools: chatTools(readList(body['tools'], 'tools')),
    tool_choice: chatToolChoice(choice),
    parallel_tool_calls: choice?.['disable_parallel_tool_use'] === true ? false : undefined,
    reasoning: reasoningOf(body),
    response_format: responseFormatOf(body),
    user: userOf(body) ?? body['user'],
    stream,
    stream_options: stream ? { include_usage: true } : undefined,
  };
  return { chatBody: Buffer.from(JSON.stringify(chat)), stopSequences };
}

/** A budget says more than an effort, and OpenRouter takes one of them. */
function reasoningOf(body: JsonObject): JsonObject | undefined {
  const thinking = readObject(body['thinking'], 'thinking');
  if (thinking?.['type'] === 'disabled') return { enabled: false };
  const budget = readCount(thinking?.['budget_tokens'], 'thinking.budget_tokens');
  if (budget !== undefined) return { max_tokens: budget };
  const output = readObject(body['output_config'], 'output_config');
  const effort = readName(output?.['effort'], 'output_config.effort');
  if (effort !== undefined) return { effort: effort === 'max' ? 'xhigh' : effort };
  return thinking === undefined ? undefined : { enabled: true };
}

/** `output_format` is what it was called in the beta. */
function responseFormatOf(body: JsonObject): JsonObject | undefined {
  const output = readObject(body['output_config'], 'output_config');
  const [given, param] =
    output?.['format'] != null
      ? [output['format'], 'output_config.format']
      : [body['output_format'], 'output_format'];
  const format = readObject(given, param);
  if (format === undefined) return undefined;
  if (format['type'] !== 'json_schema') {
    throw new InvalidRequestError(`'${param}.type' must be 'json_schema'`, `${param}.type`);
  }
  const schema = required(readObject(format['schema'], `${param}.schema`), `${param}.schema`);
  return { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } };
}

/** Some clients put a JSON text of several ids there. */
const longestUser = 1024;

const userOf = (body: JsonObject): string | undefined =>
  readName(readObject(body['metadata'], 'metadata')?.['user_id'], 'metadata.user_id', longestUser);
