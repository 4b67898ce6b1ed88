import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { systemClock } from '#common';
import { metrics } from '#observability';
import { ClientGoneError, UpstreamError, UpstreamJournal } from '#openrouter';
import { Breakers } from '../breaker/breakers.js';
import type { CompletionCall } from '../completion-call.js';
import { type HeldAnswer, UpstreamAttempt } from '../upstream-attempt.js';
import { UpstreamCaller } from '../upstream-caller.js';
import { AttemptPolicy } from './attempt-policy.js';
import type { CompletionRun } from './completion-run.js';

/** Seeks an answer for a call: an attempt, and after its failure whatever the plan says, until one has something to send. */
@Injectable()
export class CompletionAttempts {
  constructor(
    private readonly policy: AttemptPolicy,
    private readonly caller: UpstreamCaller,
    private readonly breakers: Breakers,
    private readonly journal: UpstreamJournal,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(CompletionAttempts.name);
  }

  /**
   * The first answer that has something to send. Nothing has reached the client yet, so nothing can be repeated to it.
   * @throws what the caller is to be told: UpstreamError, BreakerOpenError, or ClientGoneError.
   */
  async firstAnswer(call: CompletionCall, run: CompletionRun): Promise<HeldAnswer> {
    const { routes, signal } = call;
    try {
      return await this.attempt(call, run, routes[0]);
    } catch (error) {
      const startedAt = systemClock.now() - run.elapsedMs;
      return await this.policy.afterFailure({ routes, signal, startedAt }, error, (model) =>
        this.attempt(call, run, model),
      );
    }
  }

  private async attempt(call: CompletionCall, run: CompletionRun, model: string): Promise<HeldAnswer> {
    if (call.signal.aborted) throw new ClientGoneError();
    const attempt = this.begin(run, model);
    try {
      const budget = { spentMs: run.elapsedBeforeAttemptMs, waiting: waitingBehind(call, run, model) };
      const answer = await this.caller.hold(call, attempt, budget);
      this.breakers.began(attempt.pass);
      run.answered();
      return answer;
    } catch (error) {
      attempt.response?.abort(new Error('The attempt is given up', { cause: error }));
      if (call.signal.aborted || error instanceof ClientGoneError) throw new ClientGoneError();
      this.failed(run, attempt, error);
      throw error;
    }
  }

  private begin(run: CompletionRun, model: string): UpstreamAttempt {
    try {
      return run.begin(this.breakers.admit(model));
    } catch (error) {
      run.skipped(model);
      throw error;
    }
  }

  private failed(run: CompletionRun, attempt: UpstreamAttempt, error: unknown): void {
    const { pass, model, startedAt, isAccepted, generationId } = attempt;
    this.breakers.ended(pass, error);
    this.journal.record({ operation: 'chat', model, statusCode: attempt.response?.status, startedAt, error });
    const kind = error instanceof UpstreamError ? error.kind : undefined;
    run.failed(kind);
    if (!isAccepted) return;
    // The upstream may charge for it, and the tenant got nothing: the operator pays, and can look it up by its id.
    metrics.openrouter.wasted.inc({ code: kind ?? 'unexpected' });
    this.logger.warn({ model, generation_id: generationId, code: kind }, 'upstream_attempt_wasted');
  }
}

/** Models that nobody asked yet, and may have to be after this one. */
function waitingBehind({ routes }: CompletionCall, { records }: CompletionRun, model: string): number {
  if (routes.length === 1) return 0;
  return routes.length - new Set([...records.map((record) => record.model), model]).size;
}
