import type { JsonObject } from '#common';
import { readList, readName, required } from './request-fields.js';

/**
 * The models that a body names, each once: `model`, else the first of OpenRouter's `models[]`; then its fallbacks.
 * @throws InvalidRequestError
 */
export function readModels(body: JsonObject): readonly [string, ...string[]] {
  const fallbacks = (readList(body['models'], 'models') ?? []).map((model, i) =>
    required(readName(model, `models[${i}]`), `models[${i}]`),
  );
  const model = required(readName(body['model'], 'model') ?? fallbacks[0], 'model');
  return [model, ...new Set(fallbacks.filter((fallback) => fallback !== model))];
}
