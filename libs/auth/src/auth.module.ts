import { Module } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { systemClock } from '#common';
import { AppConfig } from '#config';
import { Database } from '#database';
import { ApiKeyAuthenticator } from './api-key.authenticator.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { ApiKeyService } from './api-key.service.js';
import { AuthInvalidation } from './auth-invalidation.js';
import { CallerRepository } from './caller.repository.js';
import { LimitSettingsService } from './limit-settings.service.js';
import { VirtualModelRepository } from './virtual-model.repository.js';
import { VirtualModelService } from './virtual-model.service.js';
import { WorkspaceRepository } from './workspace.repository.js';
import { WorkspaceService } from './workspace.service.js';

/** Workspaces, keys, and who is calling. */
@Module({
  providers: [
    WorkspaceRepository,
    ApiKeyRepository,
    CallerRepository,
    VirtualModelRepository,
    AuthInvalidation,
    WorkspaceService,
    ApiKeyService,
    LimitSettingsService,
    VirtualModelService,
    {
      provide: ApiKeyAuthenticator,
      inject: [AppConfig, Database, CallerRepository, AuthInvalidation, PinoLogger],
      useFactory: (
        config: AppConfig,
        database: Database,
        callers: CallerRepository,
        invalidation: AuthInvalidation,
        logger: PinoLogger,
      ) => {
        logger.setContext(ApiKeyAuthenticator.name);
        const { API_KEY_PEPPER: pepper, AUTH_CACHE_TTL_SECONDS: seconds } = config.auth;
        const options = { pepper, trustMs: seconds * 1_000 };
        return new ApiKeyAuthenticator(options, database, callers, invalidation, logger, systemClock);
      },
    },
  ],
  exports: [ApiKeyAuthenticator, WorkspaceService, ApiKeyService, LimitSettingsService, VirtualModelService],
})
export class AuthModule {}
