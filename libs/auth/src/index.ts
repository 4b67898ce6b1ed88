export { publicIdOf } from './api-key.js';
export { ApiKeyAuthenticator } from './api-key.authenticator.js';
export type { ApiKey } from './api-key.repository.js';
export { ApiKeyService } from './api-key.service.js';
export { AuthenticationError, InsufficientScopeError } from './auth.errors.js';
export { AuthInvalidation } from './auth-invalidation.js';
export { AuthModule } from './auth.module.js';
export type { Caller } from './caller.js';
export type { CallerModels } from './caller-models.js';
export { CallerRepository } from './caller.repository.js';
export type { KeyLimitSettings, WorkspaceLimitSettings } from './limit-settings.js';
export {
  LimitSettingsService,
  type KeyLimits,
  type LimitsChange,
  type WorkspaceLimits,
} from './limit-settings.service.js';
export { limitValues, type LimitSource, type ResolvedLimits } from './resolved-limits.js';
export { defaultScopes, missingScope, scopes, type Scope } from './scopes.js';
export {
  maxTargets,
  maxWeight,
  modelName,
  routingStrategies,
  type RoutingStrategy,
  type RoutingTarget,
  type VirtualModel,
} from './virtual-model.js';
export { VirtualModelService } from './virtual-model.service.js';
export type { Workspace } from './workspace.repository.js';
export { WorkspaceService } from './workspace.service.js';
