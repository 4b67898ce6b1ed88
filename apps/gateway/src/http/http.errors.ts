import { GatewayError } from '#common';

/** 413: more bytes than MAX_BODY_BYTES. */
export class BodyTooLargeError extends GatewayError {
  /** @param limit bytes */
  constructor(limit: number) {
    super(`The body is larger than ${limit} bytes, the most this gateway accepts`, {
      code: 'body_too_large',
      type: 'invalid_request_error',
      httpStatus: 413,
    });
  }
}

/** 406: the caller accepts none of the forms that this can be given in. */
export class NotAcceptableError extends GatewayError {
  constructor(given: readonly string[]) {
    super(`This can be given as ${given.join(' or ')}; the accept header wants neither`, {
      code: 'not_acceptable',
      type: 'invalid_request_error',
      httpStatus: 406,
    });
  }
}

/** 415: the body does not call itself what the route reads. */
export class UnsupportedMediaTypeError extends GatewayError {
  constructor(given: string | undefined, wanted = 'application/json') {
    super(`The content-type must be ${wanted}, not '${given?.slice(0, 100) ?? 'none'}'`, {
      code: 'unsupported_media_type',
      type: 'invalid_request_error',
      httpStatus: 415,
    });
  }
}

/** 415: the body is compressed, and we undo no compression. */
export class UnsupportedEncodingError extends GatewayError {
  constructor() {
    super('Compressed bodies are not accepted: send it without content-encoding', {
      code: 'unsupported_content_encoding',
      type: 'invalid_request_error',
      httpStatus: 415,
    });
  }
}

/** 400: the body broke off before its end. */
export class UnreadableBodyError extends GatewayError {
  constructor(cause: unknown) {
    super('The body ended before its announced length', {
      code: 'body_incomplete',
      type: 'invalid_request_error',
      httpStatus: 400,
      cause,
    });
  }
}

/** Nobody's fault but ours; the cause is for the log, never for the caller. */
export class InternalError extends GatewayError {
  constructor(cause: unknown) {
    super('Something went wrong on our side', {
      code: 'internal_error',
      type: 'server_error',
      httpStatus: 500,
      cause,
    });
  }
}
