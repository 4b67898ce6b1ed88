import { GatewayError, InvalidRequestError } from '#common';

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

/** 400, in OpenAI's words: the prompt, or what is asked for beside it, does not fit into the model's window. */
export class ContextLengthError extends InvalidRequestError {
  /**
   * @param window tokens of the largest model that could have served
   * @param size our count of the prompt, the tokens asked for the completion (0: no limit), and the field at fault
   */
  constructor(
    window: number,
    { tokens, answer, param }: { tokens: number; answer: number; param: 'messages' | 'prompt' },
  ) {
    const used =
      answer === 0
        ? `your ${param} resulted in about ${tokens} tokens. Please reduce the length of the ${param}.`
        : `you requested about ${tokens + answer} tokens (${tokens} in the ${param}, ${answer} in the completion). ` +
          `Please reduce the length of the ${param} or completion.`;
    super(
      `This model's maximum context length is ${window} tokens. However, ${used}`,
      param,
      'context_length_exceeded',
    );
  }
}
