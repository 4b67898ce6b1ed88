import { HttpException } from '@nestjs/common';
import { GatewayError, type ErrorType } from '#common';
import {
  BodyTooLargeError,
  InternalError,
  UnreadableBodyError,
  UnsupportedEncodingError,
} from './http.errors.js';

/**
 * Whatever was thrown, as an error a caller may see. What we do not know becomes a 500 that says nothing of our insides;
 * the cause stays on it for the log.
 */
export function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  // Nest puts what Express threw into an exception of its own, under a status and a text; the original says what it was.
  const origin = error instanceof HttpException ? (error.cause ?? error) : error;
  if (isReaderError(origin)) return fromReader(origin);
  return error instanceof HttpException ? fromNest(error) : new InternalError(error);
}

/** What Express's body reader throws (`http-errors`): a word for what it found wrong, unless zlib found it. */
interface ReaderError extends Error {
  type?: unknown;
  limit?: unknown;
}

/** `expose` is what tells it from errors of HTTP clients, which have a status, too, but somebody else's. */
const isReaderError = (error: unknown): error is ReaderError =>
  error instanceof Error && 'status' in error && 'expose' in error && error.expose === true;

/** The words are those of the packages `raw-body` and `body-parser`; a fault without one comes from zlib. */
function fromReader(error: ReaderError): GatewayError {
  if (error.type === 'entity.too.large') return new BodyTooLargeError(Number(error.limit), error);
  if (error.type === 'encoding.unsupported') return new UnsupportedEncodingError(error);
  if (error.type === 'request.aborted' || error.type === 'request.size.invalid')
    return new UnreadableBodyError('The body ended before its announced length', 'body_incomplete', error);
  return new UnreadableBodyError('The body could not be read', 'invalid_body', error);
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
