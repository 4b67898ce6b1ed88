import { isJsonObject, type JsonObject } from '#common';
import type { Fault } from './fault.js';
import { badRequest } from './openrouter.error.js';

/** A type by its name, or the words that are allowed. */
type Shape = 'string' | 'number' | 'boolean' | 'object' | readonly string[];

const shapes: Record<keyof Fault, Shape> = {
  model: 'string',
  user: 'string',
  header: 'object',
  endpoint: ['chat', 'embeddings', 'models', 'embedding_models', 'generation', 'key', 'any'],
  times: 'number',
  error: 'object',
  error_in_body: 'object',
  error_in_choice: 'object',
  error_in_stream: 'object',
  delay_headers_ms: 'number',
  delay_body_ms: 'number',
  delay_chunk_ms: 'number',
  comment_every_ms: 'number',
  hang: ['before_headers', 'mid_stream'],
  hold: 'boolean',
  cut: ['before_headers', 'mid_stream'],
  after_chunks: 'number',
  body: ['garbage', 'truncated', 'none'],
  empty_completion: ['blank', 'stop'],
  one_byte_chunks: 'boolean',
  crlf: 'boolean',
  usage: ['none', 'in_content_chunk', 'every_chunk', 'zero'],
  content_type: 'string',
};

const fits = (value: unknown, shape: Shape): boolean =>
  typeof shape === 'string' ? typeof value === shape : shape.some((word) => word === value);

function isFault(value: JsonObject): value is JsonObject & Fault {
  for (const [field, given] of Object.entries(value)) {
    const shape = Object.entries(shapes).find(([name]) => name === field)?.[1];
    // A mistyped fault would never strike, and the test that set it would prove nothing.
    if (!shape) throw badRequest(`Unknown fault field '${field}'`);
    if (!fits(given, shape)) throw badRequest(`Fault field '${field}' must be ${String(shape)}`);
    const code = isJsonObject(given) ? given['code'] : undefined;
    if (field.startsWith('error') && !['number', 'string'].includes(typeof code)) {
      throw badRequest(`Fault field '${field}' needs a code`);
    }
  }
  return true;
}

/** Reads `Fault`, `[Fault, …]` or `{faults: [Fault, …]}`. @throws OpenRouterError 400 that names the wrong field. */
export function parseFaults(value: unknown): Fault[] {
  const given = isJsonObject(value) && Array.isArray(value['faults']) ? value['faults'] : value;
  return (Array.isArray(given) ? given : [given]).map((fault: unknown) => {
    if (isJsonObject(fault) && isFault(fault)) return fault;
    throw badRequest('A fault must be an object');
  });
}
