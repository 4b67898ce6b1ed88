import type { JsonObject } from '#common';
import type { Exchange } from './exchange.js';
import { sendJson } from './json-reply.js';
import { badRequest, OpenRouterError } from './openrouter.error.js';
import type { SimulatorState } from './simulator.state.js';
import { countTokens } from './token-counter.js';
import { base64Of, unitVector } from './unit-vector.js';
import { costOf } from './usage.js';

interface EmbeddingInput {
  /** What the vector is made from. */
  seed: string;
  tokens: number;
}

const mostInputs = 2048;
const mostDimensions = 4096;

const isTokenList = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((token) => Number.isInteger(token));

function readInput(value: unknown): EmbeddingInput {
  if (typeof value === 'string' && value !== '') return { seed: value, tokens: countTokens(value) };
  if (isTokenList(value)) return { seed: `tokens:${value.join(',')}`, tokens: value.length };
  throw badRequest('input must be a text that is not empty, a list of tokens, or a list of these');
}

function readInputs(input: unknown): EmbeddingInput[] {
  if (!Array.isArray(input) || isTokenList(input)) return [readInput(input)];
  if (input.length === 0 || input.length > mostInputs) {
    throw badRequest(`input must hold 1 to ${mostInputs} entries`);
  }
  return input.map(readInput);
}

function readDimensions(value: unknown, usual: number): number {
  if (value === undefined || value === null) return usual;
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= mostDimensions)
    return value;
  throw badRequest(`dimensions must be an integer from 1 to ${mostDimensions}`);
}

/** `POST /embeddings`: as floats, or as base64 of little-endian float32. */
export async function serveEmbeddings(
  exchange: Exchange,
  state: SimulatorState,
  body: JsonObject,
): Promise<void> {
  const { call } = exchange;
  const { model: id, encoding_format: format = 'float' } = body;
  if (typeof id !== 'string') throw badRequest('model must be a string');
  if (format !== 'float' && format !== 'base64') throw badRequest('encoding_format must be float or base64');
  const model = state.models.find((candidate) => candidate.id === id);
  if (!model) throw badRequest(`${id} is not a valid model ID`);
  if (model.kind !== 'embeddings') {
    throw new OpenRouterError({
      code: 404,
      message: `No endpoints found for ${id}.`,
      error_type: 'not_found',
    });
  }
  const inputs = readInputs(body['input']);
  const dimensions = readDimensions(body['dimensions'], model.dimensions ?? 384);
  const tokens = inputs.reduce((sum, input) => sum + input.tokens, 0);
  const cost = costOf(model, tokens, 0).total;
  call.provider = model.provider;
  call.prompt_tokens = tokens;
  call.cost = cost;
  await sendJson(exchange, {
    id: call.id,
    object: 'list',
    model: id,
    provider: model.provider,
    data: inputs.map(({ seed }, index) => {
      const vector = unitVector(seed, dimensions);
      return { object: 'embedding', index, embedding: format === 'base64' ? base64Of(vector) : [...vector] };
    }),
    usage: { prompt_tokens: tokens, total_tokens: tokens, cost },
  });
}
