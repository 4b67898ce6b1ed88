import { applyDecorators } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiBearerAuth, ApiForbiddenResponse, ApiUnauthorizedResponse } from '@nestjs/swagger';
import type { Scope } from '#auth';

/** What a route demands of a key; ApiKeyGuard reads it. */
export const NeededScopes = Reflector.createDecorator<Scope[]>();

/** The key must have all of these scopes (`admin` has every one), else 403 `insufficient_scope` naming the first it lacks. */
export const RequireScopes = (...scopes: Scope[]) =>
  applyDecorators(
    NeededScopes(scopes),
    ApiBearerAuth('api-key'),
    ApiUnauthorizedResponse({ description: 'No key, or one that is unknown, revoked or expired' }),
    ApiForbiddenResponse({ description: `The key lacks a scope of: ${scopes.join(', ')}` }),
  );
