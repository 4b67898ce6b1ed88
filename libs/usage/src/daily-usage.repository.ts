import { Injectable } from '@nestjs/common';
import type { SystemScope } from '#database';

/** Which of a day's calls are summed up. */
export interface DayOfUsage {
  /** Days since the epoch, UTC. */
  readonly day: number;
  /** Admitted before then. */
  readonly until?: Date;
  /** Calls that are not counted. */
  readonly except?: readonly string[];
}

/** What the ledger knows of a workspace's day: the truth that its daily quota is held against. */
@Injectable()
export class DailyUsageRepository {
  /** Tokens of the calls that were admitted on the day and since the quota was last reset. */
  async tokens(
    scope: SystemScope,
    workspaceId: string,
    { day, until, except = [] }: DayOfUsage,
  ): Promise<number> {
    const [row] = await scope.query<{ tokens: string }>(
      `SELECT coalesce(sum(tokens_used), 0) AS tokens FROM usage_events
       WHERE workspace_id = $1 AND id <> ALL ($5::uuid[])
         AND created_at >= greatest(to_timestamp($2::bigint * 86400),
           (SELECT quota_reset_at FROM workspaces WHERE workspaces.id = $1))
         AND created_at < to_timestamp(($3::bigint) * 86400)
         AND ($4::timestamptz IS NULL OR created_at < $4)`,
      [workspaceId, day, day + 1, until ?? null, except],
    );
    return Number(row?.tokens ?? 0);
  }
}
