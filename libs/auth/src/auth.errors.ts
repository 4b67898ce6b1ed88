import { GatewayError } from '#common';
import type { Scope } from './scopes.js';

/** Why a key was refused; also the error's `code` and a metric's label. */
export type AuthFailure = 'missing_api_key' | 'invalid_api_key' | 'key_revoked' | 'key_expired';

const messages: Record<AuthFailure, string> = {
  missing_api_key: 'No API key was given: send it as `Authorization: Bearer ctx_…` or `x-api-key`',
  invalid_api_key: 'Invalid API key',
  key_revoked: 'This API key has been revoked',
  key_expired: 'This API key has expired',
};

/** 401: we do not know the caller, or no longer. */
export class AuthenticationError extends GatewayError {
  constructor(readonly reason: AuthFailure) {
    super(messages[reason], { code: reason, type: 'authentication_error', httpStatus: 401 });
  }
}

/** 403: the caller is known, the key is not made for this. */
export class InsufficientScopeError extends GatewayError {
  constructor(scope: Scope) {
    super(`This API key lacks the scope '${scope}'`, {
      code: 'insufficient_scope',
      type: 'permission_error',
      httpStatus: 403,
    });
  }
}

/** 409: the workspace's calls that name no model mean this one. */
export class DefaultModelError extends GatewayError {
  constructor(name: string) {
    super(`'${name}' is the workspace's default model: give it another default first`, {
      code: 'model_in_use',
      type: 'conflict_error',
      httpStatus: 409,
      retryable: false,
    });
  }
}
