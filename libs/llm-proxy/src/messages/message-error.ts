import type { GatewayError, JsonObject } from '#common';

/** The families of errors that Anthropic's clients know, by HTTP status. */
const typesByStatus: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

const typeOf = (status: number): string =>
  typesByStatus[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');

/**
 * An error as Anthropic's clients parse it, in a body or as the event that ends a stream. The code, and the field at fault,
 * stand in `details`, where their SDKs look for more than the family.
 */
export const messageErrorBody = (error: GatewayError, requestId: string): JsonObject & { type: 'error' } => ({
  type: 'error',
  error: {
    type: typeOf(error.httpStatus),
    message: error.message,
    details: { error_code: error.code, ...(error.param !== undefined && { param: error.param }) },
  },
  request_id: requestId,
});
