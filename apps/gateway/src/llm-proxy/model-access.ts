import type { Caller } from '#auth';
import { GatewayError } from '#common';

/** 403: the key's list of models does not hold this one. */
class ModelNotAllowedError extends GatewayError {
  constructor(model: string) {
    super(`This key may not use the model '${model}'`, {
      code: 'model_not_allowed',
      type: 'permission_error',
      httpStatus: 403,
      param: 'model',
    });
  }
}

/** @throws ModelNotAllowedError for the first model the key may not name; fallback models count like the first. */
export function demandModels(caller: Caller, models: readonly string[]): void {
  if (caller.allowedModels === null) return;
  for (const model of models)
    if (!caller.allowedModels.includes(model)) throw new ModelNotAllowedError(model);
}
