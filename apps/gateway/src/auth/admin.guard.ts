import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { PinoLogger } from 'nestjs-pino';
import { AuthenticationError } from '#auth';
import { secretsEqual } from '#common';
import { AppConfig } from '#config';
import { bearerToken } from './presented-key.js';

/** Lets in whoever presents `ADMIN_API_KEY` as Bearer token, else 401. API keys of workspaces do not open these routes. */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(
    private readonly config: AppConfig,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(AdminGuard.name);
  }

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    const token = bearerToken(request);
    if (token !== undefined && secretsEqual(token, this.config.auth.ADMIN_API_KEY)) return true;
    const reason = token === undefined ? 'missing_api_key' : 'invalid_api_key';
    this.logger.warn({ reason, client_ip: request.ip, url: request.path }, 'auth_failure');
    throw new AuthenticationError(reason);
  }
}
