import type { Caller } from '#auth';
import { ModelNotAllowedError } from './llm-proxy.errors.js';

/** What a call may end up with: the models it names, and the other members through which OpenRouter chooses one. */
export interface ModelChoice {
  readonly models: readonly string[];
  /** Members and tools that name models elsewhere: `preset`, `plugins`, `openrouter:…` tools, `Model`. */
  readonly otherRoutes: readonly string[];
}

/**
 * @throws ModelNotAllowedError for the first model the key may not name; fallback models count like the first. A key with a
 *   list may not choose by other means: what they lead to cannot be held against the list.
 */
export function demandModels({ allowedModels }: Caller, { models, otherRoutes }: ModelChoice): void {
  if (allowedModels === null) return;
  for (const name of [...models, ...otherRoutes]) {
    if (!allowedModels.includes(name)) throw new ModelNotAllowedError(name);
  }
}
