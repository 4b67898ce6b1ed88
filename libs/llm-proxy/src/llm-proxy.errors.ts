import { GatewayError } from '#common';

/** 404: the catalogue has no such model. */
export class ModelNotFoundError extends GatewayError {
  constructor(id: string) {
    super(`The model '${id}' does not exist`, {
      code: 'model_not_found',
      type: 'not_found_error',
      httpStatus: 404,
      param: 'model',
    });
  }
}
