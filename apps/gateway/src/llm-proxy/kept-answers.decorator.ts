import { applyDecorators } from '@nestjs/common';
import { ApiHeader, type ApiResponseOptions } from '@nestjs/swagger';
import { ApiErrors } from '../http/error.dto.js';

type Headers = NonNullable<ApiResponseOptions['headers']>;

/** What an answer says of its being kept or given again. */
export const keptAnswerHeaders: Headers = {
  'idempotent-replayed': {
    description: '`true`: the answer of another call with the same Idempotency-Key',
    schema: { type: 'string', enum: ['true'] },
  },
  'x-idempotency': {
    description: '`unavailable`: the key could not be looked up; the call went on as if it had none',
    schema: { type: 'string', enum: ['unavailable'] },
  },
};

/** The same, where there is a response cache, too. */
export const cachedAnswerHeaders: Headers = {
  ...keptAnswerHeaders,
  'x-cache': {
    description: 'Only when it was asked for: whether the answer is that of another call',
    schema: { type: 'string', enum: ['hit', 'miss'] },
  },
  age: { description: 'Of a hit: seconds since it was made', schema: { type: 'integer', minimum: 0 } },
};

/** Documents `Idempotency-Key`. */
export const ApiIdempotent = () =>
  applyDecorators(
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        'Up to 255 printable ASCII characters that name this call. For 24 hours a repeat with the same body gets the same answer, ' +
        'or joins the call that is still making it, and is not billed again. The call goes on when its client leaves.',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    }),
    ApiErrors({ 409: 'The Idempotency-Key came before, with another route or body' }),
  );

/** Documents `x-cache`. */
export const ApiCached = () =>
  applyDecorators(
    ApiHeader({
      name: 'x-cache',
      required: false,
      description:
        'Take the answer that the very same question (recalled context included) had before in this workspace, or join the call that is making it now, and keep this one. A hit costs no tokens.',
      schema: { type: 'boolean', default: false },
    }),
    ApiHeader({
      name: 'x-cache-ttl',
      required: false,
      description: 'Seconds for which this answer may be given again',
      schema: { type: 'integer', minimum: 1, maximum: 86_400, default: 300 },
    }),
  );
