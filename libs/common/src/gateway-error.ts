/** How loudly an error is logged; decided where the error is defined, not where it is caught. */
export type ErrorLogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The families of errors that OpenAI clients know (`error.type` on the wire). */
export type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'conflict_error'
  | 'rate_limit_error'
  | 'insufficient_quota'
  | 'server_error';

/** What an error says beside its message: to SDKs, to the caller and to the log. */
export interface GatewayErrorOptions {
  /** Stable machine-readable word, e.g. `invalid_api_key`. */
  code: string;
  type: ErrorType;
  httpStatus: number;
  logLevel?: ErrorLogLevel;
  /** False tells SDKs not to repeat the call (`x-should-retry: false`); undefined leaves it to them. */
  retryable?: boolean;
  /** Seconds until a repeat makes sense (`Retry-After`). */
  retryAfter?: number;
  /** The request field at fault, as the caller wrote it: `items[3].content`. */
  param?: string;
  cause?: unknown;
}

/**
 * Base of every error that may reach a caller. Libs throw these (never Nest's HttpException); one filter in the gateway
 * writes them in the OpenAI shape. The message is shown to the caller: no secrets, no internals.
 */
export class GatewayError extends Error {
  readonly code: string;
  readonly type: ErrorType;
  readonly httpStatus: number;
  readonly logLevel: ErrorLogLevel;
  readonly retryable: boolean | undefined;
  readonly retryAfter: number | undefined;
  readonly param: string | undefined;

  constructor(message: string, options: GatewayErrorOptions) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.type = options.type;
    this.httpStatus = options.httpStatus;
    this.logLevel = options.logLevel ?? (options.httpStatus >= 500 ? 'error' : 'info');
    this.retryable = options.retryable;
    this.retryAfter = options.retryAfter;
    this.param = options.param;
  }

  /** The body that OpenAI clients parse. */
  toBody(): { error: { message: string; type: ErrorType; param: string | null; code: string } } {
    return {
      error: { message: this.message, type: this.type, param: this.param ?? null, code: this.code },
    };
  }
}

/** 400: the request itself is wrong; `param` names the field. */
export class InvalidRequestError extends GatewayError {
  constructor(message: string, param?: string, code = 'invalid_request') {
    super(message, { code, type: 'invalid_request_error', httpStatus: 400, param });
  }
}

/** 404: no such thing in this workspace (another workspace's things do not exist either). */
export class NotFoundError extends GatewayError {
  constructor(what: string, id: string) {
    super(`No ${what} with id '${id}'`, { code: 'not_found', type: 'not_found_error', httpStatus: 404 });
  }
}

/** 503: a part of ours is away for the moment; nothing was half-done, so a repeat is safe. */
export class UnavailableError extends GatewayError {
  constructor(message: string, code: string, cause?: unknown, retryAfter = 2) {
    super(message, { code, type: 'server_error', httpStatus: 503, retryable: true, retryAfter, cause });
  }
}
