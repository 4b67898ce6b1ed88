import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { Database, type SystemScope } from '#database';
import { metrics } from '#observability';
import { QuotaAudit } from '#rate-limit';
import { type QuotaReconciliation, ReconciliationLog, ReconciliationRepository } from '#usage';
import { LeakedReservations } from './leaked-reservations.js';
import { type Measurement, QuotaMeasurement } from './quota-measurement.js';
import { WorkspaceTurn } from './workspace-turn.js';

/** Keeps the quotas in Redis equal to the ledger: what leaked is closed first, and what still differs is corrected. */
@Injectable()
export class QuotaReconciler {
  constructor(
    private readonly turn: WorkspaceTurn,
    private readonly database: Database,
    private readonly ledger: ReconciliationRepository,
    private readonly leaks: LeakedReservations,
    private readonly measurement: QuotaMeasurement,
    private readonly audit: QuotaAudit,
    private readonly log: ReconciliationLog,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(QuotaReconciler.name);
  }

  /** One run, over one workspace or those whose turn it is. What another run has in hand at the moment is left to it. */
  async run(workspaceId?: string): Promise<QuotaReconciliation> {
    const chosen = workspaceId === undefined ? await this.turn.next() : [workspaceId];
    const found = await this.database.asSystem(async (scope) => {
      const ours = await this.ledger.tryLock(scope, chosen);
      const leaks = await this.leaks.close(scope, ours);
      const drifts = await this.drifts(scope, ours);
      for (const drift of drifts) await this.correct(drift);
      return { workspaces: ours.length, leaks, drifts };
    });
    const slots = workspaceId === undefined ? await this.turn.reapSlots() : 0;
    metrics.reconciliation.leaked.inc({ kind: 'slot' }, slots);
    const tokens = found.drifts.reduce((sum, { drift }) => sum + Math.abs(drift), 0);
    metrics.reconciliation.drift.set(tokens);
    const result: QuotaReconciliation = {
      finished_at: new Date().toISOString(),
      workspace_id: workspaceId ?? null,
      workspaces: found.workspaces,
      drifting: found.drifts.length,
      drift_tokens: tokens,
      reservations_reaped: found.leaks.reaped,
      reservations_settled: found.leaks.settled,
      slots_reaped: slots,
    };
    await this.log.writeQuotas(result);
    return result;
  }

  /**
   * What two measurements in a row agree on. One alone may be wrong by a call that ended between its reads and held no
   * reservation; such a call does not end twice.
   */
  private async drifts(scope: SystemScope, workspaceIds: readonly string[]): Promise<Measurement[]> {
    const first = await this.measurement.measure(scope, workspaceIds);
    const suspected = new Map(
      first.filter(({ drift }) => drift !== 0).map(({ snapshot, drift }) => [snapshot.workspaceId, drift]),
    );
    const second = await this.measurement.measure(scope, [...suspected.keys()]);
    return second.filter(({ snapshot, drift }) => suspected.get(snapshot.workspaceId) === drift);
  }

  private async correct({ snapshot, drift }: Measurement): Promise<void> {
    if (!(await this.audit.move(snapshot, -drift))) return;
    metrics.reconciliation.correctedTokens.inc({ kind: 'quota' }, Math.abs(drift));
    this.logger.warn(
      { workspace_id: snapshot.workspaceId, drift, count: snapshot.count ?? null },
      'quota_drift_corrected',
    );
  }
}
