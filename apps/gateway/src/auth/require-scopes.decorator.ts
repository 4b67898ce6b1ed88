import { applyDecorators } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiBearerAuth } from '@nestjs/swagger';
import type { Scope } from '#auth';
import { ApiErrors } from '../http/error.dto.js';

/** What a route demands of a key; ApiKeyGuard reads it. */
export const NeededScopes = Reflector.createDecorator<Scope[]>();

/** The key must have all of these scopes (`admin` has every one), else 403 `insufficient_scope` naming the first it lacks. */
export const RequireScopes = (...scopes: Scope[]) =>
  applyDecorators(
    NeededScopes(scopes),
    ApiBearerAuth('api-key'),
    ApiErrors({
      401: 'No key, or one that is unknown, revoked or expired',
      ...(scopes.length > 0 && { 403: `The key lacks a scope of: ${scopes.join(', ')}` }),
    }),
  );
