import type { Caller } from '#auth';
import { ModelNotAllowedError } from './llm-proxy.errors.js';

/** @throws ModelNotAllowedError for the first model the key may not name; fallback models count like the first. */
export function demandModels(caller: Caller, models: readonly string[]): void {
  if (caller.allowedModels === null) return;
  for (const model of models)
    if (!caller.allowedModels.includes(model)) throw new ModelNotAllowedError(model);
}
