import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { systemClock } from '#common';
import { Database } from '#database';
import { metrics } from '#observability';
import { type GenerationRecord, OpenRouterApi, UpstreamError } from '#openrouter';
import { QuotaAudit } from '#rate-limit';
import {
  type EstimateCorrection,
  type LookUp,
  LookUpRepository,
  nextLookUpMs,
  ReconciliationLog,
  ReconciliationRepository,
} from '#usage';
import { LookUpRun } from './look-up-run.js';

const lookUpsPerRun = 200;
/** Look-ups at once: upstream calls of tenants go first. */
const concurrency = 4;
/** An event whose workspace is being reconciled waits so long. */
const busyMs = 1_000;
const dayMs = 86_400_000;

/** Corrects estimates by OpenRouter's own records of the generations, each once, with the day's quota in the same step. */
@Injectable()
export class EstimateCorrector {
  constructor(
    private readonly database: Database,
    private readonly lookUps: LookUpRepository,
    private readonly ledger: ReconciliationRepository,
    private readonly upstream: OpenRouterApi,
    private readonly audit: QuotaAudit,
    private readonly log: ReconciliationLog,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(EstimateCorrector.name);
  }

  /** Looks up what is due, at most 200 events. @throws what a store of ours failed with; what was taken is put back before */
  async run(): Promise<EstimateCorrection> {
    const run = new LookUpRun(
      await this.database.asSystem((scope) => this.lookUps.take(scope, lookUpsPerRun)),
    );
    await Promise.all(Array.from({ length: concurrency }, () => this.work(run)));
    const pending = await this.database.asSystem(async (scope) => {
      await this.lookUps.putBack(scope, run.left, run.pauseMs);
      return this.lookUps.countPending(scope);
    });
    metrics.reconciliation.estimatesPending.set(pending);
    if (run.brokenOffBy !== undefined) throw run.brokenOffBy;
    const { lookedUp, corrected, givenUp } = run;
    const finished_at = new Date().toISOString();
    const result = { finished_at, looked_up: lookedUp, corrected, given_up: givenUp, pending };
    await this.log.writeEstimates(result);
    return result;
  }

  private async work(run: LookUpRun): Promise<void> {
    for (let lookUp = run.next(); lookUp; lookUp = run.next()) {
      try {
        await this.lookUp(run, lookUp);
      } catch (error) {
        run.brokenOff(lookUp, error);
      }
    }
  }

  private async lookUp(run: LookUpRun, lookUp: LookUp): Promise<void> {
    const record = await this.ask(run, lookUp);
    if (record === 'later') return;
    if (record !== undefined && isComplete(lookUp, record)) await this.correct(run, lookUp, record);
    else await this.postpone(run, lookUp);
  }

  /** @returns undefined when there is no record, or trouble about this one; `later` when the upstream turned us away */
  private async ask(run: LookUpRun, lookUp: LookUp): Promise<GenerationRecord | 'later' | undefined> {
    try {
      return await this.upstream.generation(lookUp.generationId);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      if (error.kind === 'not_found') return undefined;
      metrics.reconciliation.lookUps.inc({ outcome: 'failed' });
      if (error.kind !== 'rate_limited') {
        run.failed();
        return undefined;
      }
      run.turnedAway(lookUp, error.retryAfter);
      return 'later';
    }
  }

  private async correct(run: LookUpRun, lookUp: LookUp, record: GenerationRecord): Promise<void> {
    const { id, workspaceId, generationId, createdAt } = lookUp;
    const correction = await this.database.asSystem(async (scope) => {
      // While a quota is being measured, the ledger must not change behind its count, nor the count behind the ledger.
      if (!(await this.ledger.tryHold(scope, workspaceId))) {
        await this.lookUps.putBack(scope, [lookUp], busyMs);
        return undefined;
      }
      const change = await this.lookUps.correct(scope, lookUp, record);
      // Last in the transaction: it is not repeated for a deadlock. If the commit fails all the same, the next
      // reconciliation finds the drift.
      if (change?.counts && change.tokens !== 0) {
        await this.audit.follow(workspaceId, id, Math.floor(createdAt.getTime() / dayMs), change.tokens);
      }
      return change;
    });
    if (!correction) return;
    run.corrected += 1;
    metrics.reconciliation.lookUps.inc({ outcome: 'corrected' });
    metrics.reconciliation.correctedTokens.inc({ kind: 'estimate' }, Math.abs(correction.tokens));
    const fields = { workspace_id: workspaceId, event_id: id, generation_id: generationId };
    this.logger.info({ ...fields, tokens: correction.tokens, cost: record.cost }, 'usage_event_corrected');
  }

  private async postpone(run: LookUpRun, lookUp: LookUp): Promise<void> {
    const ms = nextLookUpMs(lookUp.attempts, lookUp.endedAt.getTime(), systemClock.now());
    await this.database.asSystem((scope) => this.lookUps.postpone(scope, [lookUp], ms));
    metrics.reconciliation.lookUps.inc({ outcome: ms === undefined ? 'given_up' : 'absent' });
    if (ms !== undefined) return;
    run.givenUp += 1;
    const { id, workspaceId, generationId, attempts } = lookUp;
    const fields = { workspace_id: workspaceId, event_id: id, generation_id: generationId, attempts };
    this.logger.warn(fields, 'usage_event_given_up');
  }
}

/** Whether the record says what the event wants of it. */
const isComplete = ({ source }: LookUp, { usage, cost }: GenerationRecord): boolean =>
  source === 'estimated' ? usage !== undefined : cost !== undefined;
