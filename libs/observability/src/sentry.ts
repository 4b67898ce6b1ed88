import * as Sentry from '@sentry/nestjs';
import type { AppConfig } from '#config';
import { redactSecrets } from './redaction.js';

/**
 * Starts error tracking when a DSN is set; without one every later call is a no-op. Request bodies, cookies and headers are
 * not sent: prompts are the tenants' data.
 */
export function startSentry(config: AppConfig, processName: string): void {
  if (config.observability.SENTRY_DSN === '') return;
  Sentry.init({
    dsn: config.observability.SENTRY_DSN,
    environment: config.server.NODE_ENV,
    initialScope: { tags: { process: processName } },
    sendDefaultPii: false,
    beforeSend(event) {
      delete event.request?.headers;
      delete event.request?.cookies;
      delete event.request?.data;
      delete event.request?.query_string;
      // TypeORM's errors hold the statement's parameters: the tenants' texts.
      delete event.extra;
      delete event.contexts?.['QueryFailedError'];
      for (const exception of event.exception?.values ?? [])
        exception.value = redactSecrets(exception.value ?? '');
      return event;
    },
  });
}

/** Who and what an error befell; only public names (workspace id, the key's public id). */
export interface ErrorContext {
  request_id?: string;
  method?: string;
  url?: string;
  workspace_id?: string;
  key_id?: string;
}

/** Reports an error that is ours (a bug or a broken part), never a caller's mistake. */
export function reportError(error: unknown, context: ErrorContext = {}): void {
  Sentry.captureException(error, { tags: { ...context } });
}
