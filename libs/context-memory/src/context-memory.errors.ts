import { GatewayError, UnavailableError } from '#common';

/** 409: the `Idempotency-Key` was used before, with another body. Repeating will not help. */
export class IdempotencyConflictError extends GatewayError {
  constructor() {
    super('This Idempotency-Key was used with a different request body', {
      code: 'idempotency_conflict',
      type: 'conflict_error',
      httpStatus: 409,
      retryable: false,
      param: 'Idempotency-Key',
    });
  }
}

/** 409: a change would make an item equal to another one of the same session. */
export class DuplicateContentError extends GatewayError {
  constructor() {
    super('Another item of this session has the same content', {
      code: 'duplicate_content',
      type: 'conflict_error',
      httpStatus: 409,
      retryable: false,
      param: 'content',
    });
  }
}

/** 415: a file of a kind that is not read here. */
export class UnsupportedFileError extends GatewayError {
  constructor(formats: readonly string[]) {
    super(`The file is of a kind that is not read here: send one of ${formats.join(', ')}`, {
      code: 'unsupported_file',
      type: 'invalid_request_error',
      httpStatus: 415,
      retryable: false,
      param: 'file.media_type',
    });
  }
}

/** 503: no vectors for now. Recall goes on without the dense leg; ingest keeps the item and embeds it later. */
export class EmbeddingUnavailableError extends UnavailableError {
  constructor(message: string, cause?: unknown) {
    super(message, 'embedding_unavailable', cause);
  }
}
