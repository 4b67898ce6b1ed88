import type { JsonObject } from '#common';
import { readList, readName, required } from './request-fields.js';

/** The models that a body names. */
export interface ModelNames {
  /** `model`, or the first of `models`, or the workspace's default. */
  model: string;
  /** Every name the call gives: `model` and OpenRouter's `models[]`, each once. */
  models: readonly [string, ...string[]];
  /** The name that the body itself puts first; undefined when it gives none. */
  named: string | undefined;
}

/**
 * Reads `model` and `models`.
 * @param defaultModel meant when the body names none
 * @throws InvalidRequestError naming the field, `models[1]`
 */
export function readModelNames(body: JsonObject, defaultModel?: string | null): ModelNames {
  const fallbacks = (readList(body['models'], 'models') ?? []).map((model, i) =>
    required(readName(model, `models[${i}]`), `models[${i}]`),
  );
  const named = readName(body['model'], 'model') ?? fallbacks[0];
  const model = required(named ?? defaultModel ?? undefined, 'model');
  return { model, models: [model, ...new Set(fallbacks.filter((fallback) => fallback !== model))], named };
}
