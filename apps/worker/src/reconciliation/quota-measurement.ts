import { Injectable } from '@nestjs/common';
import type { SystemScope } from '#database';
import { QuotaAudit, type QuotaSnapshot } from '#rate-limit';
import { compareStreamIds, DailyUsageRepository, ReconciliationRepository, UnwrittenEvents } from '#usage';
import { driftOf, ledgerPart, unwrittenToday } from './quota-balance.js';

/** Snapshots asked for at once: Redis serves calls in between. */
const snapshotsAtOnce = 50;

/** A workspace's count, and how far it is from the ledger. */
export interface Measurement {
  readonly snapshot: QuotaSnapshot;
  /** Tokens that Redis counts too many; negative: too few. */
  readonly drift: number;
}

/**
 * Measures counts in Redis against the ledger while calls go on. The order of the reads is what makes it right
 * (docs/adr/0009-reconciliation.md): snapshots, then the stream up to the last of them, then PostgreSQL.
 */
@Injectable()
export class QuotaMeasurement {
  constructor(
    private readonly audit: QuotaAudit,
    private readonly events: UnwrittenEvents,
    private readonly daily: DailyUsageRepository,
    private readonly ledger: ReconciliationRepository,
  ) {}

  async measure(scope: SystemScope, workspaceIds: readonly string[]): Promise<Measurement[]> {
    const snapshots = await this.snapshots(workspaceIds);
    if (snapshots.length === 0) return [];
    const ids = snapshots.map(({ lastEventId }) => lastEventId);
    const lastId = ids.reduce((a, b) => (compareStreamIds(a, b) >= 0 ? a : b));
    const onStream = await this.events.upTo(lastId, new Set(workspaceIds));

    const looks = snapshots.map((snapshot) => ({
      snapshot,
      unwritten: onStream.get(snapshot.workspaceId) ?? [],
    }));
    const today = looks.flatMap(({ snapshot, unwritten }) => unwrittenToday(snapshot, unwritten));
    const days = snapshots.map(({ day }) => day);
    const resets = await this.ledger.quotaResets(scope, workspaceIds);
    const recorded = await this.ledger.recorded(
      scope,
      today.map(({ id }) => id),
      [Math.min(...days), Math.max(...days)],
    );
    const sums = await this.daily.tokensOfEach(
      scope,
      looks.map(({ snapshot, unwritten }) => ({
        workspaceId: snapshot.workspaceId,
        ...ledgerPart(snapshot, unwritten),
      })),
    );
    return looks.map(({ snapshot, unwritten }) => {
      const tokens = sums.get(snapshot.workspaceId) ?? 0;
      const resetAt = resets.get(snapshot.workspaceId);
      return { snapshot, drift: driftOf(snapshot, unwritten, { tokens, recorded, resetAt }) };
    });
  }

  /** Each at a moment of its own. */
  async snapshots(workspaceIds: readonly string[]): Promise<QuotaSnapshot[]> {
    const snapshots: QuotaSnapshot[] = [];
    for (let from = 0; from < workspaceIds.length; from += snapshotsAtOnce) {
      const some = workspaceIds.slice(from, from + snapshotsAtOnce);
      snapshots.push(...(await Promise.all(some.map((id) => this.audit.snapshot(id)))));
    }
    return snapshots;
  }
}
