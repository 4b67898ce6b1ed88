import { Injectable } from '@nestjs/common';
import type { SystemScope, WorkspaceScope } from '#database';
import type { RecallMeasurement, VectorCounts } from './recall-health.js';

interface MeasurementRow {
  asked: number;
  found: number;
  top_k: number;
  degraded: string[];
  measured_at: Date;
}

/** An item that a probe asks for. */
export interface SampledItem {
  id: string;
  content: string;
}

/** Probes of recall: whose turn it is, what they ask for, and what came of them. */
@Injectable()
export class RecallHealthRepository {
  /**
   * Workspaces that hold something and are due, those that were never probed first. They are not due again for `everySeconds`,
   * whatever becomes of the probe, so that no two workers take the same one.
   */
  async takeDue(scope: SystemScope, everySeconds: number, limit: number): Promise<string[]> {
    const rows = await scope.query<{ workspace_id: string }>(
      `INSERT INTO context_recall_health (workspace_id, due_at)
       SELECT workspace.id, now() + make_interval(secs => $1)
       FROM workspaces AS workspace LEFT JOIN context_recall_health AS health ON health.workspace_id = workspace.id
       WHERE (health.due_at IS NULL OR health.due_at <= now())
         AND EXISTS (SELECT FROM context_items AS item WHERE item.workspace_id = workspace.id)
       ORDER BY health.due_at NULLS FIRST, workspace.id LIMIT $2
       ON CONFLICT (workspace_id) DO UPDATE SET due_at = EXCLUDED.due_at WHERE context_recall_health.due_at <= now()
       RETURNING workspace_id`,
      [everySeconds, limit],
    );
    return rows.map((row) => row.workspace_id);
  }

  /** Share of items found, over the workspaces that were probed within a day. Undefined when there are none. */
  async effectiveness(scope: SystemScope): Promise<{ mean: number; lowest: number } | undefined> {
    const [row] = await scope.query<{ mean: number | null; lowest: number | null }>(
      `SELECT avg(found::double precision / asked) AS mean, min(found::double precision / asked) AS lowest
       FROM context_recall_health WHERE asked > 0 AND measured_at > now() - interval '1 day'`,
    );
    return row?.mean == null || row.lowest == null ? undefined : { mean: row.mean, lowest: row.lowest };
  }

  /** Items drawn by chance; of a text that was split its first part. */
  async sample(scope: WorkspaceScope, size: number): Promise<SampledItem[]> {
    return scope.query<SampledItem>(
      `SELECT id, content FROM context_items WHERE workspace_id = $1 AND id IN (
         SELECT id FROM context_items WHERE workspace_id = $1 AND position = 0
           AND (expires_at IS NULL OR expires_at > now()) ORDER BY random() LIMIT $2)`,
      [scope.workspaceId, size],
    );
  }

  /** Keeps a measurement in the place of the one before. */
  async save(scope: WorkspaceScope, measurement: RecallMeasurement): Promise<void> {
    await scope.query(
      `INSERT INTO context_recall_health (workspace_id, due_at, asked, found, top_k, degraded, measured_at)
       VALUES ($1, $6, $2, $3, $4, $5, $6)
       ON CONFLICT (workspace_id) DO UPDATE SET asked = EXCLUDED.asked, found = EXCLUDED.found, top_k = EXCLUDED.top_k,
         degraded = EXCLUDED.degraded, measured_at = EXCLUDED.measured_at`,
      [
        scope.workspaceId,
        measurement.asked,
        measurement.found,
        measurement.topK,
        measurement.degraded,
        measurement.measuredAt,
      ],
    );
  }

  async find(scope: WorkspaceScope): Promise<RecallMeasurement | undefined> {
    const [row] = await scope.query<MeasurementRow>(
      `SELECT asked, found, top_k, degraded, measured_at FROM context_recall_health
       WHERE workspace_id = $1 AND measured_at IS NOT NULL`,
      [scope.workspaceId],
    );
    if (!row) return undefined;
    const { asked, found, degraded } = row;
    return { asked, found, topK: row.top_k, degraded, measuredAt: row.measured_at };
  }

  /** Rows with a vector in the active space, and the others. */
  async countVectors(scope: WorkspaceScope): Promise<VectorCounts> {
    const [row] = await scope.query<
      Record<'with_vectors' | 'without_vectors' | 'pending' | 'failed', number>
    >(
      `WITH counted AS (
         SELECT item.status, embedding_space_id = active.id OR EXISTS (
             SELECT FROM context_vectors WHERE item_id = item.id AND space_id = active.id AND embedding IS NOT NULL
           ) AS has_vector
         FROM context_items AS item LEFT JOIN embedding_spaces AS active ON active.status = 'active'
         WHERE workspace_id = $1 AND (expires_at IS NULL OR expires_at > now())
       )
       SELECT (count(*) FILTER (WHERE has_vector))::integer AS with_vectors,
              (count(*) FILTER (WHERE has_vector IS NOT true))::integer AS without_vectors,
              (count(*) FILTER (WHERE status = 'pending'))::integer AS pending,
              (count(*) FILTER (WHERE status = 'failed'))::integer AS failed
       FROM counted`,
      [scope.workspaceId],
    );
    return {
      withVectors: row?.with_vectors ?? 0,
      withoutVectors: row?.without_vectors ?? 0,
      pending: row?.pending ?? 0,
      failed: row?.failed ?? 0,
    };
  }
}
