import { InvalidRequestError, isJsonObject, type JsonObject } from '#common';
import { type ContextOptions, readContextOptions } from './context-options.js';
import { readForwardedBody } from './forwarded-body.js';
import { type JsonObjectBytes, spliceJson } from './json-splice.js';
import { type ModelNames, readModelNames } from './model-names.js';
import { otherRoutesIn } from './other-routes.js';
import { readBoolean, readCount, readList, readName, readObject, required } from './request-fields.js';

/** A chat message, as far as the gateway reads it; other members pass through. */
export type ChatMessage = JsonObject & {
  role: string;
  content?: string | JsonObject[] | null;
};

/** A completion call: what the gateway reads of it, and the bytes that are forwarded. */
export interface CompletionRequest extends ModelNames {
  /** Where it goes, below the upstream's base URL; `/chat/completions` when absent. */
  path?: string;
  bytes: JsonObjectBytes;
  /** Whether it fits is not ours to judge: OpenRouter is to cut what is too long, or there are several prompts. */
  isOfOpenLength: boolean;
  /** Other members that lead OpenRouter, or a lenient parser, to a model; see otherRoutesIn. */
  otherRoutes: readonly string[];
  /** What stands in the prompt beside the messages: tools and the shape of the answer, as JSON. */
  instructions: string;
  /** Tokens of a prompt that came as token numbers. */
  givenTokens?: number;
  messages: readonly ChatMessage[];
  stream: boolean;
  /** The client wants the chunk that counts. */
  includeUsage: boolean;
  /** Completion tokens at most, for each choice, if the client set a limit. */
  maxTokens: number | undefined;
  /** Number of choices (`n`). */
  choices: number;
  context: ContextOptions | undefined;
}

/** What the gateway decides by, and so must stand in the body once. */
const decisive: ReadonlySet<string> = new Set([
  'model',
  'models',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'n',
  'context',
]);

/**
 * Checks just what the gateway reads of a chat body; everything else is the upstream's business.
 * @param defaultModel meant when the body names none
 * @throws InvalidRequestError whose `param` is the path of the field, e.g. `messages[2].content`.
 */
export function readCompletionRequest(raw: Buffer, defaultModel?: string | null): CompletionRequest {
  const { value: body, bytes } = readForwardedBody(raw, decisive);
  const names = readModelNames(body, defaultModel);
  const options = readObject(body['stream_options'], 'stream_options');
  const maxTokens = readCount(body['max_tokens'], 'max_tokens');
  return {
    bytes,
    ...names,
    isOfOpenLength: asksForCompression(body),
    otherRoutes: otherRoutesIn(body),
    instructions: instructionsIn(body),
    messages: readMessages(body['messages']),
    stream: readBoolean(body['stream'], 'stream') ?? false,
    includeUsage:
      readBoolean(options?.['include_usage'], 'stream_options.include_usage') ?? asksForCost(body['usage']),
    maxTokens: readCount(body['max_completion_tokens'], 'max_completion_tokens') ?? maxTokens,
    choices: readCount(body['n'], 'n', 128) ?? 1,
    context: readContextOptions(body['context']),
  };
}

/**
 * The bytes for the upstream: without `context`, with usage asked for in streams, and with what was recalled in a message
 * beside the last user message, so that the prefix the provider has cached stays as it was. They ask for one model:
 * falling back is ours (docs/adr/0005-resilience-towards-the-upstream.md), so OpenRouter is not told of `models`.
 */
export function upstreamBody(
  request: CompletionRequest,
  change: { recalled?: ChatMessage; model?: string } = {},
): Buffer {
  const { bytes, stream, named } = request;
  const { model = request.model } = change;
  const hasModels = bytes.members.some(({ name }) => name === 'models');
  return spliceJson(bytes, {
    drop: ['context', 'models'],
    model: hasModels || model !== named ? model : undefined,
    includeUsage: stream,
    insert: change.recalled && { message: change.recalled, at: placeOfRecalled(request) },
  });
}

/** Before which message recalled context goes: never before one that stands ahead of the last user message. */
function placeOfRecalled({ messages, context }: CompletionRequest): number {
  const lastUser = messages.findLastIndex(({ role }) => role === 'user');
  if (lastUser === -1) return messages.length;
  return context?.placement === 'after_question' ? lastUser + 1 : lastUser;
}

/** OpenRouter's older way to ask for the chunk that counts, which some of its clients still use. */
const asksForCost = (usage: unknown): boolean => isJsonObject(usage) && usage['include'] === true;

/** OpenRouter's context compression, by its name of today and by that of yesterday. */
function asksForCompression(body: JsonObject): boolean {
  const { plugins, transforms } = body;
  const compresses = (plugin: unknown) =>
    isJsonObject(plugin) && plugin['id'] === 'context-compression' && plugin['enabled'] !== false;
  return (
    (Array.isArray(plugins) && plugins.some(compresses)) ||
    (Array.isArray(transforms) && transforms.length > 0)
  );
}

/** Providers put these before the messages and count them as prompt. */
function instructionsIn(body: JsonObject): string {
  const given = [body['tools'], body['functions'], body['response_format']].filter((value) => value != null);
  return given.map((value) => JSON.stringify(value)).join('\n');
}

function readMessages(value: unknown): ChatMessage[] {
  const messages = required(readList(value, 'messages'), 'messages');
  if (messages.length === 0) throw new InvalidRequestError(`'messages' must not be empty`, 'messages');
  return messages.every(isPlainMessage) ? messages : messages.map(readMessage);
}

/** The usual message, of text alone: nothing to look into, nothing to copy. */
const isPlainMessage = (value: unknown): value is ChatMessage =>
  isJsonObject(value) &&
  typeof value['content'] === 'string' &&
  typeof value['role'] === 'string' &&
  value['role'] !== '' &&
  value['role'].length <= 256;

/** Assistants may say nothing but call a tool. */
const mayBeSilent: ReadonlySet<string> = new Set(['assistant', 'function']);

function readMessage(value: unknown, i: number): ChatMessage {
  const param = `messages[${i}]`;
  const message = required(readObject(value, param), param);
  const role = required(readName(message['role'], `${param}.role`), `${param}.role`);
  const content = readContent(message['content'], `${param}.content`);
  if (!mayBeSilent.has(role)) required(content ?? undefined, `${param}.content`);
  return { ...message, role, content };
}

function readContent(value: unknown, param: string): ChatMessage['content'] {
  if (typeof value === 'string' || value === null || value === undefined) return value;
  if (!Array.isArray(value)) {
    throw new InvalidRequestError(`'${param}' must be a string or an array of parts`, param);
  }
  return value.map((part: unknown, i) => readPart(part, `${param}[${i}]`));
}

function readPart(part: unknown, param: string): JsonObject {
  if (!isJsonObject(part) || typeof part['type'] !== 'string') {
    throw new InvalidRequestError(`'${param}' must be an object with a 'type'`, param);
  }
  if (part['type'] === 'text' && typeof part['text'] !== 'string') {
    throw new InvalidRequestError(`'${param}.text' must be a string`, `${param}.text`);
  }
  return part;
}
