import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { PinoLogger } from 'nestjs-pino';
import {
  ApiKeyAuthenticator,
  AuthenticationError,
  InsufficientScopeError,
  missingScope,
  publicIdOf,
  type Caller,
} from '#auth';
import { GatewayError } from '#common';
import { metrics } from '#observability';
import { stateOf } from '../http/request-state.js';
import { presentedKey } from './presented-key.js';
import { NeededScopes } from './require-scopes.decorator.js';

/** Lets in whoever presents a live key with the scopes of the route, and remembers the caller on the request. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly authenticator: ApiKeyAuthenticator,
    private readonly reflector: Reflector,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(ApiKeyGuard.name);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    const presented = presentedKey(request);
    try {
      const caller = await this.authenticator.authenticate(presented);
      stateOf(request).caller = caller;
      this.demandScopes(caller, context);
      metrics.auth.results.inc({ result: 'success' });
      this.logger.debug({ ...who(caller), client_ip: request.ip }, 'auth_success');
      return true;
    } catch (error) {
      this.note(error, request, presented);
      throw error;
    }
  }

  private demandScopes(caller: Caller, context: ExecutionContext): void {
    const needed =
      this.reflector.getAllAndOverride(NeededScopes, [context.getHandler(), context.getClass()]) ?? [];
    const missing = missingScope(caller.scopes, needed);
    if (missing) throw new InsufficientScopeError(missing);
  }

  private note(error: unknown, request: Request, presented: string | undefined): void {
    const reason = error instanceof GatewayError ? error.code : 'error';
    metrics.auth.results.inc({ result: reason });
    if (!(error instanceof AuthenticationError || error instanceof InsufficientScopeError)) return;
    const key_id = presented === undefined ? undefined : publicIdOf(presented);
    this.logger.warn({ reason, client_ip: request.ip, key_id, url: request.path }, 'auth_failure');
  }
}

const who = (caller: Caller) => ({ workspace_id: caller.workspaceId, key_id: caller.keyId });
