import { BadRequestException, HttpException, NotFoundException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '#common';
import { toGatewayError } from './error-mapping.js';

describe('toGatewayError', () => {
  it('leaves errors of ours alone', () => {
    const error = new InvalidRequestError('no', 'field');
    expect(toGatewayError(error)).toBe(error);
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
