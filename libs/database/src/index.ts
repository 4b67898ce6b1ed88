export { appRole, Database } from './database.js';
export { createDataSource } from './data-source.js';
export { DatabaseUnavailableError, isDatabaseAway, isUniqueViolation } from './database.errors.js';
export { DatabaseModule } from './database.module.js';
export { SystemScope, WorkspaceScope } from './workspace-scope.js';
