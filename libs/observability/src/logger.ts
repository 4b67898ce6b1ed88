import { pino, type Logger, type LoggerOptions } from 'pino';
import type { AppConfig } from '#config';
import { describeError } from './describe-error.js';
import { logFields } from './log-context.js';
import { logDestination } from './log-destination.js';
import { redactSecrets } from './redaction.js';

/** The name every log line carries, whichever process wrote it. */
export const serviceName = 'context-memory-gateway';

/**
 * The one root logger of a process. Lines are JSON with the fields operators query: timestamp, level (a word), message
 * (the event's name, e.g. `auth_failure`), logger_name, service, environment, and what the event adds.
 *
 * @param processName `gateway` or `worker`
 */
export function createLogger(config: AppConfig, processName: string): Logger {
  const options: LoggerOptions = {
    level: config.observability.LOG_LEVEL,
    messageKey: 'message',
    errorKey: 'error',
    timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
    base: { service: serviceName, environment: config.server.NODE_ENV, process: processName },
    formatters: { level: (label) => ({ level: label }) },
    mixin: logFields,
    serializers: { error: describeError, err: describeError },
    hooks: { streamWrite: redactSecrets },
  };
  if (!config.observability.LOG_PRETTY) return pino(options, logDestination());
  return pino({
    ...options,
    transport: {
      target: 'pino-pretty',
      options: { messageKey: 'message', timestampKey: 'timestamp', levelKey: 'level', errorProps: 'stack' },
    },
  });
}
