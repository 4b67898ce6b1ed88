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

/** The same, of one workspace among several. */
export interface WorkspaceDay extends DayOfUsage {
  readonly workspaceId: string;
}

/** What the ledger knows of a workspace's day: the truth that its daily quota is held against. */
@Injectable()
export class DailyUsageRepository {
  /** Tokens of the calls that were admitted on the day and since the quota was last reset. */
  async tokens(scope: SystemScope, workspaceId: string, day: DayOfUsage): Promise<number> {
    const tokens = await this.tokensOfEach(scope, [{ ...day, workspaceId }]);
    return tokens.get(workspaceId) ?? 0;
  }

  /** The same for many workspaces, each named once. @returns workspace → tokens */
  async tokensOfEach(scope: SystemScope, days: readonly WorkspaceDay[]): Promise<Map<string, number>> {
    const rows = await scope.query<{ workspace_id: string; tokens: string }>(
      `SELECT asked.workspace_id, counted.tokens
       FROM jsonb_to_recordset($1::jsonb) AS asked (workspace_id uuid, day bigint, until timestamptz, left_out uuid[]),
       LATERAL (
         SELECT coalesce(sum(tokens_used), 0) AS tokens FROM usage_events
         WHERE usage_events.workspace_id = asked.workspace_id AND id <> ALL (left_out)
           AND created_at >= greatest(to_timestamp(day * 86400),
             (SELECT quota_reset_at FROM workspaces WHERE workspaces.id = asked.workspace_id))
           AND created_at < least(until, to_timestamp((day + 1) * 86400))
       ) AS counted`,
      [
        JSON.stringify(
          days.map(({ workspaceId, day, until, except }) => ({
            workspace_id: workspaceId,
            day,
            until: until ?? null,
            left_out: except ?? [],
          })),
        ),
      ],
    );
    return new Map(rows.map(({ workspace_id, tokens }) => [workspace_id, Number(tokens)]));
  }
}
