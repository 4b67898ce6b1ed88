import { ApiKeyAuthenticator, AuthInvalidation, CallerRepository, LimitSettingsService } from '#auth';
import type { Clock } from '#common';
import type { Database, SystemScope } from '#database';
import { ApiKeyRepository } from '../../libs/auth/src/api-key.repository.js';
import { ApiKeyService } from '../../libs/auth/src/api-key.service.js';
import { VirtualModelRepository } from '../../libs/auth/src/virtual-model.repository.js';
import { VirtualModelService } from '../../libs/auth/src/virtual-model.service.js';
import { WorkspaceRepository } from '../../libs/auth/src/workspace.repository.js';
import { WorkspaceService } from '../../libs/auth/src/workspace.service.js';
import type { StoreClients } from './store-clients.js';

class CountingCallers extends CallerRepository {
  looks = 0;

  override find(scope: SystemScope, keyHash: string) {
    this.looks += 1;
    return super.find(scope, keyHash);
  }
}

/** The auth of one process. */
export function authOf(clients: StoreClients, database: Database, clock: Clock) {
  const { config, redis, subscriber, logger } = clients;
  const invalidation = new AuthInvalidation(redis, subscriber, logger);
  const callers = new CountingCallers(config);
  const [workspaceRows, keyRows] = [new WorkspaceRepository(), new ApiKeyRepository()];
  const options = { pepper: config.auth.API_KEY_PEPPER, trustMs: 60_000 };
  return {
    invalidation,
    callers,
    workspaces: new WorkspaceService(database, workspaceRows, invalidation),
    keys: new ApiKeyService(config, database, keyRows, workspaceRows, invalidation),
    limits: new LimitSettingsService(config, database, workspaceRows, keyRows, invalidation),
    models: new VirtualModelService(database, new VirtualModelRepository(), workspaceRows, invalidation),
    authenticator: new ApiKeyAuthenticator(options, database, callers, invalidation, logger, clock),
  };
}

/** A key that says nothing of its limits. */
export const inherited = {
  rateLimitRequests: null,
  rateLimitWindow: null,
  rateLimitTokens: null,
  rateLimitParallel: null,
  shadowLimits: null,
};
/** A workspace that says nothing of its limits. */
export const inheritedByAll = { ...inherited, dailyTokenQuota: null, workspaceRateLimitRequests: null };
