import { BadRequestException, HttpException, NotFoundException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '#common';
import { toGatewayError } from './error-mapping.js';

/** As `http-errors` makes them for Express. */
const readerError = (status: number, details: object) =>
  Object.assign(new Error('words of the package'), { status, statusCode: status, expose: true, ...details });

/** As Nest hands them to filters. */
const wrapped = (error: Error & { status: number }) =>
  new HttpException(error.message, error.status, { cause: error });

describe('toGatewayError', () => {
  it('leaves errors of ours alone', () => {
    const error = new InvalidRequestError('no', 'field');
    expect(toGatewayError(error)).toBe(error);
  });

  it.each([
    [413, { type: 'entity.too.large', limit: 1024 }, 413, 'body_too_large'],
    [415, { type: 'encoding.unsupported' }, 415, 'unsupported_content_encoding'],
    [400, { type: 'request.aborted' }, 400, 'body_incomplete'],
    [400, { type: 'request.size.invalid' }, 400, 'body_incomplete'],
    [400, { code: 'Z_DATA_ERROR' }, 400, 'invalid_body'],
  ])('knows the body reader’s %i %j, bare and wrapped by Nest', (status, details, httpStatus, code) => {
    const error = readerError(status, details);
    for (const thrown of [error, wrapped(error)]) {
      const seen = toGatewayError(thrown);
      expect(seen).toMatchObject({ httpStatus, code, type: 'invalid_request_error', cause: error });
      expect(seen.message).not.toContain('words of the package');
    }
  });

  it('names the limit in bytes', () => {
    const error = readerError(413, { type: 'entity.too.large', limit: 10_485_760 });
    expect(toGatewayError(wrapped(error)).message).toContain('10485760 bytes');
  });

  it.each([
    [new NotFoundException('Cannot GET /nowhere'), 404, 'unknown_url', 'not_found_error'],
    [
      new BadRequestException('Failed to decode param', {
        cause: Object.assign(new URIError('%zz'), { status: 400 }),
      }),
      400,
      'invalid_request',
      'invalid_request_error',
    ],
    [new HttpException('Method Not Allowed', 405), 405, 'invalid_request', 'invalid_request_error'],
  ])('takes over what Nest refuses: %s', (error, httpStatus, code, type) => {
    expect(toGatewayError(error)).toMatchObject({ httpStatus, code, type, message: error.message });
  });

  it.each([
    ['an error', new Error('SELECT secret FROM api_keys')],
    ['an HTTP client’s error', Object.assign(new Error('secret upstream'), { status: 401 })],
    ['Nest’s own 500', new HttpException('secret insides', 500)],
    ['no error at all', 'secret'],
    ['nothing', undefined],
  ])('says nothing of %s, but keeps it for the log', (_what, thrown) => {
    const error = toGatewayError(thrown);
    expect(error).toMatchObject({ httpStatus: 500, code: 'internal_error', cause: thrown });
    expect(JSON.stringify(error.toBody())).not.toContain('secret');
  });
});
