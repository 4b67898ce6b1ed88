import { Injectable } from '@nestjs/common';
import type { SystemScope } from '#database';

/** A note that waited so long was lost by the queue, or its job failed. */
const waitingSeconds = 15;

/** Notes of what has changed in workspaces, which the database's triggers write. */
@Injectable()
export class ChangeRepository {
  /** Drops the notes of workspaces whose sets ask nothing: a set that comes later asks what it finds then. */
  async dropUnwanted(scope: SystemScope): Promise<void> {
    await scope.query(
      `DELETE FROM context_changes AS change WHERE NOT EXISTS (
         SELECT FROM context_working_sets AS set WHERE set.workspace_id = change.workspace_id AND queries <> '[]')`,
    );
  }

  /** Workspaces with notes that are not queued, or have waited in vain; they count as queued now. @param limit notes at once */
  async takeWaiting(scope: SystemScope, limit: number): Promise<string[]> {
    const rows = await scope.query<{ workspace_id: string }>(
      `WITH taken AS (
         UPDATE context_changes SET queued_at = now() WHERE (workspace_id, transaction) IN (
           SELECT workspace_id, transaction FROM context_changes
           WHERE queued_at IS NULL OR queued_at < now() - make_interval(secs => ${waitingSeconds})
           LIMIT $1 FOR UPDATE SKIP LOCKED
         ) RETURNING workspace_id
       ) SELECT DISTINCT workspace_id FROM taken`,
      [limit],
    );
    return rows.map(({ workspace_id: workspaceId }) => workspaceId);
  }

  /** A workspace's notes. */
  async seen(scope: SystemScope, workspaceId: string): Promise<string[]> {
    const rows = await scope.query<{ transaction: string }>(
      `SELECT transaction::text FROM context_changes WHERE workspace_id = $1`,
      [workspaceId],
    );
    return rows.map(({ transaction }) => transaction);
  }

  /** Notes that there is something to ask again, after a while. It is no note that somebody else has read and may drop. */
  async note(scope: SystemScope, workspaceId: string): Promise<void> {
    await scope.query(
      `INSERT INTO context_changes (workspace_id, transaction, queued_at) VALUES ($1, pg_current_xact_id(), now())`,
      [workspaceId],
    );
  }

  /** Drops the notes whose changes are known now. */
  async settle(scope: SystemScope, workspaceId: string, seen: string[]): Promise<void> {
    await scope.query(
      `DELETE FROM context_changes WHERE workspace_id = $1 AND transaction = ANY($2::xid8[])`,
      [workspaceId, seen],
    );
  }
}
