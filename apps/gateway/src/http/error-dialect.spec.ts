import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '#common';
import { errorDialect } from './error-dialect.js';

const error = new InvalidRequestError('no', 'field');

describe('errorDialect', () => {
  it.each(['/v1/messages', '/v1/messages/', '/V1/Messages', '/v1/messages/count_tokens'])(
    '%s: as Anthropic writes errors',
    (path) => {
      const { headers, body, event } = errorDialect(path)(error, 'request');
      expect(body).toMatchObject({
        type: 'error',
        error: { type: 'invalid_request_error', message: 'no' },
        request_id: 'request',
      });
      expect(headers).toEqual({ 'request-id': 'request' });
      expect(event).toBe(`event: error\ndata: ${JSON.stringify(body)}\n\n`);
    },
  );

  it.each(['/v1/responses', '/v1/chat/completions', '/v1/messagesque', '/'])(
    '%s: as OpenAI writes them',
    (path) => {
      const { headers, body, event } = errorDialect(path)(error, 'request');
      expect(body).toEqual(error.toBody());
      expect(headers).toEqual({});
      expect(event).toBe(`data: ${JSON.stringify(body)}\n\n`);
    },
  );

  it('under /api/v1: as OpenRouter writes them', () => {
    const { body, event } = errorDialect('/v1/chat/completions', '/api/v1/chat/completions')(
      error,
      'request',
    );
    expect(body).toEqual({
      error: {
        code: 400,
        message: 'no',
        type: 'invalid_request_error',
        param: 'field',
        metadata: { error_type: 'invalid_request' },
      },
    });
    expect(JSON.parse(event.slice('data: '.length))).toMatchObject({
      ...body,
      object: 'chat.completion.chunk',
      choices: [{ finish_reason: 'error' }],
    });
  });
});
