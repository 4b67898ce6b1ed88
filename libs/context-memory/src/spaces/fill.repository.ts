import { Injectable } from '@nestjs/common';
import type { SystemScope } from '#database';

/** A workspace whose turn it is to be filled in a space; nobody else has it until the lease ends. */
export interface FillTurn {
  workspaceId: string;
  spaceId: number;
  /** What was wanted when the turn began; when it is more at the end, there is more to do. */
  wants: number;
}

/** Long beside a batch, which takes a few seconds. */
const leaseSeconds = 60;
/** How long a workspace waits whose space's embedder is away. */
const pauseSeconds = 15;

/** Which workspaces lack vectors in which space. */
@Injectable()
export class FillRepository {
  /**
   * A workspace has texts that only one space will get a vector of: the others want it, too.
   * @param except the space that gets one anyway
   */
  async want(scope: SystemScope, workspaceId: string, except: number): Promise<void> {
    await scope.query(
      `INSERT INTO embedding_fills (space_id, workspace_id, readable)
       SELECT space.id, workspace.id, true FROM embedding_spaces AS space, workspaces AS workspace
       WHERE space.status <> 'retired' AND space.id <> $2 AND workspace.id = $1 ORDER BY space.id
       ON CONFLICT (workspace_id, space_id) DO UPDATE SET wants = embedding_fills.wants + 1`,
      [workspaceId, except],
    );
  }

  /** Has every workspace filled that has something without a vector in this space. Until then the space is not read there. */
  async open(scope: SystemScope, spaceId: number): Promise<void> {
    await scope.query(
      `INSERT INTO embedding_fills (space_id, workspace_id, readable)
       SELECT $1, workspace_id, false FROM context_items WHERE embedding_space_id IS DISTINCT FROM $1 GROUP BY workspace_id
       ON CONFLICT (workspace_id, space_id) DO UPDATE SET readable = false, wants = embedding_fills.wants + 1`,
      [spaceId],
    );
  }

  /** Takes the turn of the workspace that was served longest ago. */
  async take(scope: SystemScope): Promise<FillTurn | undefined> {
    const [turn] = await scope.query<FillTurn>(
      `WITH taken AS (
         UPDATE embedding_fills SET not_before = clock_timestamp() + make_interval(secs => ${leaseSeconds})
         WHERE (workspace_id, space_id) IN (
           SELECT workspace_id, space_id FROM embedding_fills WHERE not_before <= clock_timestamp()
           ORDER BY served_at LIMIT 1 FOR UPDATE SKIP LOCKED
         )
         RETURNING workspace_id, space_id, wants
       ) SELECT workspace_id AS "workspaceId", space_id AS "spaceId", wants FROM taken`,
    );
    return turn;
  }

  /** Ends a turn after which there is more to do: the others come first. */
  async release(scope: SystemScope, { workspaceId, spaceId }: FillTurn): Promise<void> {
    await scope.query(
      `UPDATE embedding_fills SET served_at = clock_timestamp(), not_before = '-infinity'
       WHERE workspace_id = $1 AND space_id = $2`,
      [workspaceId, spaceId],
    );
  }

  /** Ends a turn whose embedder was away. Who cannot keep up is not read before it has caught up. */
  async pause(scope: SystemScope, { workspaceId, spaceId }: FillTurn): Promise<void> {
    await scope.query(
      `UPDATE embedding_fills SET served_at = clock_timestamp(), readable = false,
         not_before = clock_timestamp() + make_interval(secs => ${pauseSeconds})
       WHERE workspace_id = $1 AND space_id = $2`,
      [workspaceId, spaceId],
    );
  }

  /**
   * Ends a turn that found nothing missing. If more was wanted meanwhile, the workspace can be read and gets another.
   * @returns whether this was the last workspace of the space's first fill
   */
  async finish(scope: SystemScope, turn: FillTurn): Promise<boolean> {
    const { workspaceId, spaceId, wants } = turn;
    const gone = await scope.query(
      `WITH gone AS (
         DELETE FROM embedding_fills WHERE workspace_id = $1 AND space_id = $2 AND wants = $3 RETURNING space_id
       ) SELECT FROM gone`,
      [workspaceId, spaceId, wants],
    );
    if (gone.length === 0) {
      await scope.query(
        `UPDATE embedding_fills SET readable = true, served_at = clock_timestamp(), not_before = '-infinity'
         WHERE workspace_id = $1 AND space_id = $2`,
        [workspaceId, spaceId],
      );
    }
    return this.markFilled(scope, spaceId);
  }

  /** @returns whether the space was not filled before, and is now */
  async markFilled(scope: SystemScope, spaceId: number): Promise<boolean> {
    const rows = await scope.query(
      `WITH filled AS (
         UPDATE embedding_spaces SET filled_at = clock_timestamp() WHERE id = $1 AND filled_at IS NULL
           AND NOT EXISTS (SELECT FROM embedding_fills WHERE space_id = $1 AND NOT readable)
         RETURNING id
       ) SELECT FROM filled`,
      [spaceId],
    );
    return rows.length > 0;
  }

  /** Nothing is filled any more in this space. */
  async close(scope: SystemScope, spaceId: number): Promise<void> {
    await scope.query(`DELETE FROM embedding_fills WHERE space_id = $1`, [spaceId]);
  }

  /** The spaces in which this workspace's first fill is not done. */
  async unreadable(scope: SystemScope, workspaceId: string): Promise<Set<number>> {
    const rows = await scope.query<{ id: number }>(
      `SELECT space_id AS id FROM embedding_fills WHERE workspace_id = $1 AND NOT readable`,
      [workspaceId],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Workspaces that lack vectors in some space. */
  async countWaiting(scope: SystemScope): Promise<number> {
    const [row] = await scope.query<{ n: number }>(`SELECT count(*)::integer AS n FROM embedding_fills`);
    return row?.n ?? 0;
  }
}
