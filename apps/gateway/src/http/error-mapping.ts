import { HttpException } from '@nestjs/common';
import { GatewayError, type ErrorType } from '#common';

const typeOfStatus = (status: number): ErrorType => {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 404) return 'not_found_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
};

/** What Express's body reader throws: a status and a word. */
const isHttpError = (error: unknown): error is Error & { status: number; type?: string } =>
  error instanceof Error && 'status' in error && typeof error.status === 'number';

/**
 * Whatever was thrown, as an error a caller may see. What we do not know becomes a 500 that says nothing of our insides;
 * the cause stays on it for the log.
 */
export function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof HttpException) {
    const status = error.getStatus();
    const code = status === 404 ? 'unknown_url' : 'invalid_request';
    return new GatewayError(error.message, {
      code,
      type: typeOfStatus(status),
      httpStatus: status,
      cause: error,
    });
  }
  if (isHttpError(error) && error.status >= 400 && error.status < 500) {
    const tooLarge = error.status === 413;
    return new GatewayError(tooLarge ? 'The body is larger than this gateway accepts' : error.message, {
      code: tooLarge ? 'body_too_large' : 'invalid_body',
      type: 'invalid_request_error',
      httpStatus: error.status,
      cause: error,
    });
  }
  return new GatewayError('Something went wrong on our side', {
    code: 'internal_error',
    type: 'server_error',
    httpStatus: 500,
    cause: error,
  });
}
