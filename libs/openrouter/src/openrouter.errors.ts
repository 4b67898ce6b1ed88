import { type ErrorLogLevel, type ErrorType, GatewayError } from '#common';

/** What went wrong upstream, in the classes that routing decides by. */
export type UpstreamErrorKind =
  | 'refused_key'
  | 'rate_limited'
  | 'overloaded'
  | 'server'
  | 'malformed'
  | 'empty'
  | 'cut_short'
  | 'timed_out'
  | 'unreachable'
  | 'context_length'
  | 'content_policy'
  | 'not_found'
  | 'invalid_request';

interface KindFace {
  httpStatus: number;
  code: string;
  type: ErrorType;
  logLevel: ErrorLogLevel;
  message: string;
  /** Seconds; used when the upstream named none. */
  retryAfter?: number;
}

/** How each kind looks to the caller. Only `refused_key` is an alarm: it is our account, and no tenant can mend it. */
const faces: Record<UpstreamErrorKind, KindFace> = {
  refused_key: {
    httpStatus: 503,
    code: 'upstream_unavailable',
    type: 'server_error',
    logLevel: 'error',
    message: 'The model provider is not available right now',
    retryAfter: 30,
  },
  rate_limited: {
    httpStatus: 429,
    code: 'rate_limit_exceeded',
    type: 'rate_limit_error',
    logLevel: 'warn',
    message: 'The model provider is receiving too many requests',
    retryAfter: 5,
  },
  overloaded: {
    httpStatus: 502,
    code: 'upstream_error',
    type: 'server_error',
    logLevel: 'warn',
    message: 'The model provider is overloaded',
  },
  server: {
    httpStatus: 502,
    code: 'upstream_error',
    type: 'server_error',
    logLevel: 'warn',
    message: 'The model provider failed to answer',
  },
  malformed: {
    httpStatus: 502,
    code: 'upstream_error',
    type: 'server_error',
    logLevel: 'warn',
    message: 'The model provider gave an answer that could not be read',
  },
  empty: {
    httpStatus: 502,
    code: 'upstream_error',
    type: 'server_error',
    logLevel: 'warn',
    message: 'The model gave an empty answer',
  },
  cut_short: {
    httpStatus: 502,
    code: 'upstream_error',
    type: 'server_error',
    logLevel: 'warn',
    message: 'The model provider ended its answer before it was complete',
  },
  timed_out: {
    httpStatus: 504,
    code: 'upstream_timeout',
    type: 'server_error',
    logLevel: 'warn',
    message: 'The model provider did not answer in time',
  },
  unreachable: {
    httpStatus: 503,
    code: 'upstream_unavailable',
    type: 'server_error',
    logLevel: 'warn',
    message: 'The model provider could not be reached',
    retryAfter: 2,
  },
  context_length: {
    httpStatus: 400,
    code: 'context_length_exceeded',
    type: 'invalid_request_error',
    logLevel: 'info',
    message: 'The request is longer than the context window of the model',
  },
  content_policy: {
    httpStatus: 400,
    code: 'content_policy_violation',
    type: 'invalid_request_error',
    logLevel: 'info',
    message: 'The model provider refused the content of the request',
  },
  not_found: {
    httpStatus: 404,
    code: 'model_not_found',
    type: 'not_found_error',
    logLevel: 'info',
    message: 'The model provider does not know this model',
  },
  invalid_request: {
    httpStatus: 400,
    code: 'invalid_request',
    type: 'invalid_request_error',
    logLevel: 'info',
    message: 'The model provider refused the request',
  },
};

/** What is known beyond the kind; what is absent comes from the kind. */
export interface UpstreamErrorDetails {
  /** Shown to the caller; must be clean of secrets. */
  message?: string;
  httpStatus?: number;
  code?: string;
  param?: string;
  /** Seconds, as the upstream asked for. */
  retryAfter?: number;
  /** HTTP status or error code the upstream gave, for logs. */
  upstreamStatus?: number;
  cause?: unknown;
}

/** An upstream call failed. `kind` is for routing, everything else for the caller and the log. */
export class UpstreamError extends GatewayError {
  readonly upstreamStatus: number | undefined;
  /** Seconds, only when the upstream itself named them; `retryAfter` also holds what we advise in its place. */
  readonly askedToWait: number | undefined;

  constructor(
    readonly kind: UpstreamErrorKind,
    details: UpstreamErrorDetails = {},
  ) {
    const face = faces[kind];
    super(details.message ?? face.message, {
      code: details.code ?? face.code,
      type: face.type,
      httpStatus: details.httpStatus ?? face.httpStatus,
      logLevel: face.logLevel,
      retryAfter: details.retryAfter ?? face.retryAfter,
      param: details.param,
      cause: details.cause,
    });
    this.upstreamStatus = details.upstreamStatus;
    this.askedToWait = details.retryAfter;
  }
}

/** The caller left while the upstream was working. Never shown to anybody; the status is for logs (nginx's 499). */
export class ClientGoneError extends GatewayError {
  constructor() {
    super('The client closed the connection', {
      code: 'client_closed_request',
      type: 'invalid_request_error',
      httpStatus: 499,
      logLevel: 'info',
    });
  }
}
