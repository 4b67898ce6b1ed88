import { HttpException } from '@nestjs/common';
import { GatewayError, type ErrorType } from '#common';
import { InternalError } from './http.errors.js';

/**
 * Whatever was thrown, as an error a caller may see. What we do not know becomes a 500 that says nothing of our insides;
 * the cause stays on it for the log.
 */
export function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return error instanceof HttpException ? fromNest(error) : new InternalError(error);
}

function fromNest(error: HttpException): GatewayError {
  const status = error.getStatus();
  if (status >= 500) return new InternalError(error);
  return new GatewayError(error.message, {
    code: status === 404 ? 'unknown_url' : 'invalid_request',
    type: typeOfStatus[status] ?? 'invalid_request_error',
    httpStatus: status,
    cause: error,
  });
}

const typeOfStatus: Readonly<Record<number, ErrorType>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
};
