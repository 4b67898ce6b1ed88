import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import type { SystemScope } from '#database';
import { metrics } from '#observability';
import { type HeldTokens, QuotaAudit, type QuotaSnapshot } from '#rate-limit';
import { ReconciliationRepository } from '#usage';
import { QuotaMeasurement } from './quota-measurement.js';

/** A workspace's lapsed reservations are given back in hundreds, and the rest in the next run. */
const reapsPerRun = 10;

/** How many reservations were put right. */
export interface LeaksClosed {
  /** Lapsed and given back. */
  reaped: number;
  /** Settled by what the ledger says of their calls. */
  settled: number;
}

/** Reservations that nobody will settle any more: their process died, or could not reach Redis when the call ended. */
@Injectable()
export class LeakedReservations {
  constructor(
    private readonly audit: QuotaAudit,
    private readonly measurement: QuotaMeasurement,
    private readonly ledger: ReconciliationRepository,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(LeakedReservations.name);
  }

  /** For workspaces that this transaction has locked. */
  async close(scope: SystemScope, workspaceIds: readonly string[]): Promise<LeaksClosed> {
    const snapshots = await this.measurement.snapshots(workspaceIds);
    // Settled first: a call that is in the ledger has used tokens, so its reservation must not be given back.
    const settled = await this.settle(scope, snapshots);
    let reaped = 0;
    for (const { workspaceId, reservations } of snapshots) {
      if (reservations.length > 0) reaped += await this.reap(workspaceId);
    }
    return { reaped, settled };
  }

  private async settle(scope: SystemScope, snapshots: readonly QuotaSnapshot[]): Promise<number> {
    const held = snapshots.flatMap((each) => [...each.reservations, ...each.lapsed]);
    if (held.length === 0) return 0;
    const days = held.map(({ day }) => day);
    const recorded = await this.ledger.recorded(
      scope,
      held.map(({ callId }) => callId),
      [days.reduce((a, b) => Math.min(a, b)), days.reduce((a, b) => Math.max(a, b))],
    );
    let settled = 0;
    for (const { workspaceId, reservations, lapsed } of snapshots) {
      for (const each of [...reservations, ...lapsed]) {
        const used = recorded.get(each.callId);
        // Most of them ended in the ordinary way since the snapshot; then there is nothing left to settle.
        if (used === undefined || !(await this.audit.settle(workspaceId, each, used))) continue;
        settled += 1;
        this.tell('settled', workspaceId, each);
      }
    }
    return settled;
  }

  private async reap(workspaceId: string): Promise<number> {
    let count = 0;
    for (let round = 0; round < reapsPerRun; round += 1) {
      const reaped = await this.audit.reap(workspaceId);
      if (reaped.length === 0) break;
      count += reaped.length;
      for (const each of reaped) this.tell('reservation', workspaceId, each);
    }
    return count;
  }

  private tell(kind: 'settled' | 'reservation', workspaceId: string, { callId, tokens }: HeldTokens): void {
    metrics.reconciliation.leaked.inc({ kind });
    const outcome = kind === 'settled' ? 'settled' : 'given_back';
    this.logger.warn({ workspace_id: workspaceId, call_id: callId, tokens, outcome }, 'reservation_reaped');
  }
}
