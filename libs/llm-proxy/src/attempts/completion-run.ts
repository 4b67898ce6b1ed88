import { metrics } from '#observability';
import type { UpstreamErrorKind } from '#openrouter';
import type { Pass } from '../breaker/breakers.js';
import { UpstreamAttempt } from '../upstream-attempt.js';
import type { AttemptRecord } from './attempt-record.js';

/** One call under way: the attempt that is running or that answers, and what is known of those before it. */
export class CompletionRun {
  /** Undefined while nothing is asked of the upstream: between two attempts, and before the first. */
  current: UpstreamAttempt | undefined;
  readonly records: AttemptRecord[] = [];
  private readonly startedAt = performance.now();

  get elapsedMs(): number {
    return performance.now() - this.startedAt;
  }

  /** What attempts and waits before the current one have taken; 0 for the first. */
  get elapsedBeforeAttemptMs(): number {
    return this.records.length === 0 ? 0 : this.elapsedMs;
  }

  begin(pass: Pass): UpstreamAttempt {
    this.current = new UpstreamAttempt(pass);
    return this.current;
  }

  answered(): void {
    this.noteCurrent('answered');
  }

  failed(kind: UpstreamErrorKind | undefined): void {
    this.noteCurrent('failed', kind);
    this.current = undefined;
  }

  cancelled(): void {
    this.noteCurrent('cancelled');
  }

  skipped(model: string): void {
    const nothing = { statusCode: undefined, latencyMs: 0, generationId: undefined };
    this.note({ model, outcome: 'skipped', kind: 'breaker_open', ...nothing });
  }

  private noteCurrent(outcome: AttemptRecord['outcome'], kind?: AttemptRecord['kind']): void {
    if (this.current === undefined) return;
    const { model, response, latencyMs, generationId } = this.current;
    this.note({ model, outcome, kind, statusCode: response?.status, latencyMs, generationId });
  }

  private note(record: AttemptRecord): void {
    this.records.push(record);
    metrics.openrouter.attempts.inc({ outcome: record.outcome });
  }
}
