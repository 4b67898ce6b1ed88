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

/** 409: the key belongs to another request of this workspace. SDKs must not repeat it: it will not pass. */
export class IdempotencyKeyReusedError extends GatewayError {
  constructor() {
    super('This Idempotency-Key came before, with another route or body; use a new key for a new request', {
      code: 'idempotency_key_reused',
      type: 'conflict_error',
      httpStatus: 409,
      retryable: false,
      param: 'Idempotency-Key',
    });
  }
}

/** The last event of a stream that another call was making: that call, or what was known of it, is gone. */
export class AnswerInterruptedError extends GatewayError {
  constructor() {
    super('The call that was making this answer broke off; a repeat begins it anew', {
      code: 'answer_interrupted',
      type: 'server_error',
      httpStatus: 503,
      logLevel: 'warn',
      retryable: true,
    });
  }
}
