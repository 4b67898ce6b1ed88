import type { GatewayError, JsonObject } from '#common';

/** Why a response failed: one of the few codes that its clients know. */
export const responseError = ({ httpStatus, message }: GatewayError): JsonObject => ({
  code: httpStatus === 429 ? 'rate_limit_exceeded' : httpStatus < 500 ? 'invalid_prompt' : 'server_error',
  message,
});

/**
 * The event that comes before `response.failed`. OpenAI documents its members beside `type` and sends them in `error`; SDKs throw
 * for it, which a loop that looks for nothing but text does not miss.
 */
export function errorEvent(error: GatewayError): JsonObject & { type: 'error' } {
  const { code, message, param = null, type } = error;
  return { type: 'error', code, message, param, error: { type, code, message, param } };
}
