export { withLogFields } from './log-context.js';
export { createLogger, serviceName } from './logger.js';
export { metrics } from './metrics.js';
export { ObservabilityModule } from './observability.module.js';
export { reportError, startSentry, type ErrorContext } from './sentry.js';
