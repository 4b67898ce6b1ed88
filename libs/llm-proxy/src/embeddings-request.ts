import { InvalidRequestError } from '#common';
import { readForwardedBody } from './forwarded-body.js';
import { type JsonObjectBytes, spliceJson } from './json-splice.js';
import { otherRoutesIn } from './other-routes.js';
import { readCount, readList, readName, required } from './request-fields.js';

/** An embeddings call: what the gateway reads of it, and the bytes that are forwarded. */
export interface EmbeddingsRequest {
  bytes: JsonObjectBytes;
  model: string;
  /** `model` again, and the other ways to one: what a key's list of models is held against. */
  models: readonly [string, ...string[]];
  otherRoutes: readonly string[];
  /** Texts, or token numbers for clients that count themselves. */
  inputs: readonly (string | readonly number[])[];
  encodingFormat: 'float' | 'base64';
  dimensions: number | undefined;
}

const decisive: ReadonlySet<string> = new Set(['model', 'input', 'encoding_format', 'dimensions']);

/** @throws InvalidRequestError whose `param` is the path of the field, e.g. `input[3]`. */
export function readEmbeddingsRequest(raw: Buffer): EmbeddingsRequest {
  const { value: body, bytes } = readForwardedBody(raw, decisive);
  const format = body['encoding_format'] ?? 'float';
  if (format !== 'float' && format !== 'base64') {
    throw new InvalidRequestError(`'encoding_format' must be 'float' or 'base64'`, 'encoding_format');
  }
  const model = required(readName(body['model'], 'model'), 'model');
  return {
    bytes,
    model,
    models: [model, ...(readList(body['models'], 'models') ?? []).map(String)],
    otherRoutes: otherRoutesIn(body),
    inputs: readInputs(required(body['input'] ?? undefined, 'input')),
    encodingFormat: format,
    dimensions: readCount(body['dimensions'], 'dimensions'),
  };
}

/** The bytes for the upstream, under the name that it knows the model by. */
export const embeddingsBody = ({ bytes, model }: EmbeddingsRequest, upstreamModel: string): Buffer =>
  spliceJson(bytes, { model: upstreamModel === model ? undefined : upstreamModel });

/** OpenAI takes a text, texts, one text's tokens, or several texts' tokens. */
function readInputs(value: unknown): EmbeddingsRequest['inputs'] {
  if (typeof value === 'string' && value !== '') return [value];
  if (Array.isArray(value) && value.length > 0) {
    return isTokens(value) ? [value] : value.map((input: unknown, i) => readInput(input, `input[${i}]`));
  }
  throw new InvalidRequestError(`'input' must be a text or a list that is not empty`, 'input');
}

function readInput(value: unknown, param: string): string | number[] {
  if (typeof value === 'string' && value !== '') return value;
  if (isTokens(value)) return value;
  throw new InvalidRequestError(`'${param}' must be a text that is not empty, or a list of tokens`, param);
}

/** A text as a client that counts itself sends it. */
export const isTokens = (value: unknown): value is number[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((token) => typeof token === 'number' && Number.isSafeInteger(token) && token >= 0);
