import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { GatewayError } from '#common';
import { metrics, reportError } from '#observability';
import { ClientGoneError, UpstreamError } from './openrouter.errors.js';

/** What the upstream was called for: a label of metrics and a field of the log. */
export type UpstreamOperation = 'chat' | 'models' | 'embeddings' | 'generation' | 'ping';

/** What is told of one upstream call: never content, never a header. */
export interface UpstreamCallRecord {
  operation: UpstreamOperation;
  model?: string;
  /** As the upstream gave it; absent when it gave none. */
  statusCode?: number;
  /** `performance.now()` when the call began. */
  startedAt: number;
  /** Milliseconds to the first real chunk. */
  firstChunkMs?: number;
  /** A failure, or ClientGoneError when the caller left. */
  error?: unknown;
}

/**
 * Logs and counts upstream calls, the same for both clients: `openrouter_request`, `openrouter_error`, and the alarm
 * `openrouter_key_refused` when it is our account that was turned away.
 */
@Injectable()
export class UpstreamJournal {
  constructor(private readonly logger: PinoLogger) {
    logger.setContext(UpstreamJournal.name);
  }

  record(call: UpstreamCallRecord): void {
    const { operation, error } = call;
    const latencyMs = performance.now() - call.startedAt;
    const outcome = outcomeOf(error);
    metrics.openrouter.requestDuration.observe({ operation, outcome }, latencyMs / 1000);
    if (call.firstChunkMs !== undefined) {
      metrics.openrouter.firstByte.observe({ operation }, call.firstChunkMs / 1000);
    }
    const fields = {
      operation,
      model: call.model,
      status_code: call.statusCode,
      latency_ms: Math.round(latencyMs),
      first_chunk_ms: call.firstChunkMs === undefined ? undefined : Math.round(call.firstChunkMs),
      outcome,
    };
    if (outcome !== 'failed') {
      // Health checks come every few seconds, and say only that nothing happened.
      this.logger[operation === 'ping' ? 'debug' : 'info'](fields, 'openrouter_request');
      return;
    }
    const known = error instanceof GatewayError ? error : undefined;
    const code = error instanceof UpstreamError ? error.kind : 'unexpected';
    metrics.openrouter.errors.inc({ code });
    const cause = known?.cause instanceof Error ? known.cause.message : undefined;
    const details = { ...fields, code, exception: String(error), cause };
    this.logger[known?.logLevel ?? 'error'](details, 'openrouter_error');
    if (code === 'refused_key') this.alarm(fields, error);
  }

  /** No tenant can mend our key or our credit, and no retry does: somebody has to be woken. */
  private alarm(fields: object, error: unknown): void {
    metrics.openrouter.keyRefused.inc();
    this.logger.error({ ...fields, exception: String(error) }, 'openrouter_key_refused');
    reportError(error);
  }
}

function outcomeOf(error: unknown): 'ok' | 'cancelled' | 'failed' {
  if (error === undefined) return 'ok';
  return error instanceof ClientGoneError ? 'cancelled' : 'failed';
}
