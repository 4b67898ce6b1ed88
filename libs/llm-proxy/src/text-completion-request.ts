import { InvalidRequestError } from '#common';
import type { CompletionRequest } from './completion-request.js';
import { isTokens } from './embeddings-request.js';
import { readForwardedBody } from './forwarded-body.js';
import { readModelNames } from './model-names.js';
import { otherRoutesIn } from './other-routes.js';
import { readBoolean, readCount, readObject, readString, required } from './request-fields.js';

/** What the gateway decides by, and so must stand in the body once. */
const decisive: ReadonlySet<string> = new Set([
  'model',
  'models',
  'prompt',
  'suffix',
  'stream',
  'stream_options',
  'max_tokens',
  'n',
  'best_of',
  'context',
]);

/**
 * Reads a body of OpenAI's older text completions, where a prompt is text and not messages; so memory has no place in it.
 * @param defaultModel meant when the body names none
 * @throws InvalidRequestError whose `param` is the path of the field, e.g. `prompt[3]`
 */
export function readTextCompletionRequest(raw: Buffer, defaultModel?: string | null): CompletionRequest {
  const { value: body, bytes } = readForwardedBody(raw, decisive);
  if (body['context'] != null) throw contextRefused();
  const names = readModelNames(body, defaultModel);
  const options = readObject(body['stream_options'], 'stream_options');
  const prompts = readPrompts(required(body['prompt'] ?? undefined, 'prompt'));
  const texts = [...prompts, readString(body['suffix'], 'suffix')].filter((text) => typeof text === 'string');
  const n = readCount(body['n'], 'n', 128) ?? 1;
  return {
    path: '/completions',
    bytes,
    ...names,
    isOfOpenLength: prompts.length > 1,
    otherRoutes: otherRoutesIn(body),
    instructions: texts.join('\n'),
    givenTokens: prompts.reduce((sum, prompt) => sum + (typeof prompt === 'string' ? 0 : prompt.length), 0),
    messages: [],
    stream: readBoolean(body['stream'], 'stream') ?? false,
    includeUsage: readBoolean(options?.['include_usage'], 'stream_options.include_usage') ?? false,
    maxTokens: readCount(body['max_tokens'], 'max_tokens'),
    // Each prompt is answered `n` times; `best_of` are generated, and paid for, to choose from.
    choices: Math.max(n, readCount(body['best_of'], 'best_of', 128) ?? 1) * prompts.length,
    context: undefined,
  };
}

/** 400: memory works on messages. */
export const contextRefused = (): InvalidRequestError =>
  new InvalidRequestError(
    `Context is recalled for messages: use /v1/chat/completions instead`,
    'context',
    'not_available',
  );

/** A text, texts, one text's tokens, or several texts' tokens. */
function readPrompts(value: unknown): (string | number[])[] {
  if (typeof value === 'string') return [value];
  if (isTokens(value)) return [value];
  if (!Array.isArray(value) || value.length === 0) {
    throw new InvalidRequestError(`'prompt' must be a text or a list that is not empty`, 'prompt');
  }
  return value.map((prompt: unknown, i) => {
    if (typeof prompt === 'string' || isTokens(prompt)) return prompt;
    throw new InvalidRequestError(`'prompt[${i}]' must be a text or a list of tokens`, `prompt[${i}]`);
  });
}
