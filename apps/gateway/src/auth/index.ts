export { AdminOnly } from './admin-only.decorator.js';
export { ApiKeyGuard } from './api-key.guard.js';
export { AuthHttpModule } from './auth-http.module.js';
export { CurrentCaller } from './current-caller.decorator.js';
export { callerOf } from './request-caller.js';
export { RequireScopes } from './require-scopes.decorator.js';
