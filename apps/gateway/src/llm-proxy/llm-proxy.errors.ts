import { GatewayError } from '#common';

/** 403: the key's list of models does not hold this one. */
export class ModelNotAllowedError extends GatewayError {
  constructor(model: string) {
    super(`This key may not use the model '${model}'`, {
      code: 'model_not_allowed',
      type: 'permission_error',
      httpStatus: 403,
      param: 'model',
    });
  }
}
