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

/** 503: calls to this model, or to the upstream as a whole, failed so often that none is made for the moment. */
export class BreakerOpenError extends GatewayError {
  /** @param retryAfter seconds until a call may try again */
  constructor(
    readonly scope: 'model' | 'upstream',
    retryAfter: number,
  ) {
    super(
      scope === 'model'
        ? 'The model is failing at its provider and is not asked for the moment'
        : 'The model provider is not available right now',
      {
        code: 'upstream_unavailable',
        type: 'server_error',
        httpStatus: 503,
        logLevel: 'warn',
        retryAfter,
      },
    );
  }
}
