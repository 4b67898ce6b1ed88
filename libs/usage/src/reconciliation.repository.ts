import { Injectable } from '@nestjs/common';
import { isId } from '#common';
import type { SystemScope } from '#database';

/** The ledger as it is held against the limits. */
@Injectable()
export class ReconciliationRepository {
  /**
   * Makes the transaction the only one that reconciles these workspaces, without waiting.
   * @returns those that no other has at the moment
   */
  async tryLock(scope: SystemScope, workspaceIds: readonly string[]): Promise<string[]> {
    const rows = await scope.query<{ id: string }>(
      `SELECT id FROM (SELECT id, pg_try_advisory_xact_lock(${lockKey('id')}) AS is_ours
         FROM unnest($1::uuid[]) AS id OFFSET 0) AS tried WHERE is_ours`,
      [workspaceIds.filter(isId)],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Keeps a workspace from being reconciled until the transaction ends; others may do the same.
   * @returns false when it is being reconciled right now
   */
  async tryHold(scope: SystemScope, workspaceId: string): Promise<boolean> {
    const [row] = await scope.query<{ is_held: boolean }>(
      `SELECT pg_try_advisory_xact_lock_shared(${lockKey('$1::uuid')}) AS is_held`,
      [workspaceId],
    );
    return row?.is_held ?? false;
  }

  /**
   * Workspaces with usage on a day, in the order of their ids.
   * @param day days since the epoch, UTC
   * @param after the id that the page before ended with
   */
  async workspacesWithUsage(
    scope: SystemScope,
    day: number,
    after: string | null,
    limit: number,
  ): Promise<string[]> {
    // Workspace by workspace, one probe of the index each; DISTINCT would read every event of the day.
    const rows = await scope.query<{ id: string }>(
      `SELECT id FROM workspaces WHERE ($2::uuid IS NULL OR id > $2) AND EXISTS (
         SELECT FROM usage_events WHERE workspace_id = workspaces.id AND ${within('$1', '$1')})
       ORDER BY id LIMIT $3`,
      [day, after, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** When the quotas of these workspaces were last set back; only of those that were. */
  async quotaResets(scope: SystemScope, workspaceIds: readonly string[]): Promise<Map<string, Date>> {
    const rows = await scope.query<{ id: string; quota_reset_at: Date }>(
      `SELECT id, quota_reset_at FROM workspaces WHERE id = ANY ($1::uuid[]) AND quota_reset_at IS NOT NULL`,
      [workspaceIds],
    );
    return new Map(rows.map(({ id, quota_reset_at }) => [id, quota_reset_at]));
  }

  /**
   * Which of these calls are in the ledger, and what each counts for its day: nothing when the quota was reset after it.
   * @param days the first and the last of their days
   */
  async recorded(
    scope: SystemScope,
    callIds: readonly string[],
    [first, last]: readonly [number, number],
  ): Promise<Map<string, number>> {
    const ids = callIds.filter(isId);
    if (ids.length === 0) return new Map();
    const rows = await scope.query<{ id: string; tokens: string }>(
      `SELECT usage_events.id,
         CASE WHEN usage_events.created_at < quota_reset_at THEN 0 ELSE tokens_used END AS tokens
       FROM usage_events LEFT JOIN workspaces ON workspaces.id = workspace_id
       WHERE usage_events.id = ANY ($3::uuid[]) AND ${within('$1', '$2')}`,
      [first, last, ids],
    );
    return new Map(rows.map(({ id, tokens }) => [id, Number(tokens)]));
  }
}

const lockKey = (id: string): string => `hashtextextended('reconciliation:' || ${id}, 0)`;

/** Also what makes PostgreSQL open the partitions of these days only. */
const within = (first: string, last: string): string =>
  `usage_events.created_at >= to_timestamp(${first}::bigint * 86400)
   AND usage_events.created_at < to_timestamp((${last}::bigint + 1) * 86400)`;
