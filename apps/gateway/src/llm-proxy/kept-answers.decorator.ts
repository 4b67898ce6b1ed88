import { applyDecorators } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { ApiErrors } from '../http/error.dto.js';

/** Documents `Idempotency-Key`. */
export const ApiIdempotent = () =>
  applyDecorators(
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        'Up to 255 printable ASCII characters that name this call. For 24 hours a repeat with the same body gets the same answer, ' +
        'or joins the call that is still making it, with `idempotent-replayed: true`, and is not billed again. The call goes on ' +
        'when its client leaves. `x-idempotency: unavailable`: the answer could not be looked up, and is not kept.',
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
        'Take the answer that the very same question (recalled context included) had before in this workspace, and keep this one. ' +
        'The answer says `x-cache: hit` or `miss`; a hit its `age` in seconds, and it costs no tokens.',
      schema: { type: 'boolean', default: false },
    }),
    ApiHeader({
      name: 'x-cache-ttl',
      required: false,
      description: 'Seconds for which this answer may be given again',
      schema: { type: 'integer', minimum: 1, maximum: 86_400, default: 300 },
    }),
  );
