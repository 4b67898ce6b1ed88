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

/** 409: a change would make an item equal to another one of the same session and collection. */
export class DuplicateContentError extends GatewayError {
  constructor() {
    super('Another item of this session and collection has the same content', {
      code: 'duplicate_content',
      type: 'conflict_error',
      httpStatus: 409,
      retryable: false,
      param: 'content',
    });
  }
}

/** 409: recall reads this space; another one must be made the active one first. */
export class SpaceInUseError extends GatewayError {
  constructor() {
    super('This embedding space is the active one; activate another one first', {
      code: 'embedding_space_in_use',
      type: 'conflict_error',
      httpStatus: 409,
      retryable: false,
    });
  }
}

/** 409: the space is being removed. When it is gone it can be made anew. */
export class SpaceRetiredError extends GatewayError {
  constructor(id: number) {
    super(`The embedding space ${id} is being removed`, {
      code: 'embedding_space_retired',
      type: 'conflict_error',
      httpStatus: 409,
      retryAfter: 5,
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

/** 404: no such working set in this workspace. */
export class WorkingSetNotFoundError extends GatewayError {
  /** @param param the field that named it, where it was one */
  constructor(idOrName: string, param?: string) {
    super(`No working set '${idOrName}'`, {
      code: 'not_found',
      type: 'not_found_error',
      httpStatus: 404,
      param,
    });
  }
}

/** 409: another working set of the workspace has the name. */
export class WorkingSetNameTakenError extends GatewayError {
  constructor() {
    super('Another working set has this name', {
      code: 'name_taken',
      type: 'conflict_error',
      httpStatus: 409,
      retryable: false,
      param: 'name',
    });
  }
}

/** 409: the workspace has as many working sets as it may. */
export class TooManyWorkingSetsError extends GatewayError {
  constructor(most: number) {
    super(`A workspace may have at most ${most} working sets`, {
      code: 'too_many_working_sets',
      type: 'conflict_error',
      httpStatus: 409,
      retryable: false,
    });
  }
}
