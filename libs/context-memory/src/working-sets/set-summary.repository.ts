import { Injectable } from '@nestjs/common';
import type { WorkspaceScope } from '#database';
import { alive } from '../items/item.repository.js';
import type { SetSummary, SummaryTask } from './set-summary.js';
import { summaryRestSeconds } from './working-set-row.js';

/** A summary as it is stored. */
export interface NewSummary extends Pick<SetSummary, 'text' | 'tokens' | 'model' | 'usageEventId'> {
  task: SummaryTask;
}

/** Summaries of working sets, and who is about to make one. */
@Injectable()
export class SetSummaryRepository {
  /** While all that it was made of is there; triggers see to what is deleted or changed. */
  async find(scope: WorkspaceScope, workingSetId: string): Promise<SetSummary | undefined> {
    const [row] = await scope.query<SetSummary>(
      `SELECT text, tokens, model, source, state, set_version AS "setVersion", usage_event_id AS "usageEventId", made_at AS "madeAt"
       FROM context_set_summaries WHERE workspace_id = $1 AND working_set_id = $2 AND NOT EXISTS (
         SELECT FROM unnest(item_ids) AS made_of (id) WHERE NOT EXISTS (
           SELECT FROM context_items AS item WHERE item.workspace_id = $1 AND item.id = made_of.id AND ${alive}))`,
      [scope.workspaceId, workingSetId],
    );
    return row;
  }

  /** Makes the caller the one who may make a summary of the set, for a while; waits for nobody. @returns whether it is */
  async lease(scope: WorkspaceScope, workingSetId: string): Promise<boolean> {
    const rows = await scope.query(
      `WITH free AS (
         SELECT id FROM context_working_sets
         WHERE workspace_id = $1 AND id = $2 AND summary_model IS NOT NULL
           AND coalesce(summary_tried_at < now() - make_interval(secs => ${summaryRestSeconds}), true)
         FOR NO KEY UPDATE SKIP LOCKED
       ), taken AS (
         UPDATE context_working_sets SET summary_tried_at = now() WHERE id IN (SELECT id FROM free) RETURNING id
       ) SELECT id FROM taken`,
      [scope.workspaceId, workingSetId],
    );
    return rows.length > 0;
  }

  /** Notes that a summary still says what is to be said. */
  async confirm(scope: WorkspaceScope, workingSetId: string, state: string): Promise<void> {
    await scope.query(
      `UPDATE context_set_summaries SET state = $3 WHERE workspace_id = $1 AND working_set_id = $2`,
      [scope.workspaceId, workingSetId, state],
    );
  }

  /**
   * Puts a summary in the place of the one before, unless what it was made of is no more what it was. Those rows stay as they are
   * until it is written: what deletes or changes one meanwhile finds the summary and takes it along.
   * @returns when it was made; nothing when it was not stored, also when the set was defined anew meanwhile
   */
  async store(scope: WorkspaceScope, { task, ...summary }: NewSummary): Promise<Date | undefined> {
    const [row] = await scope.query<{ made_at: Date }>(
      `WITH part AS MATERIALIZED (
         SELECT id, position, version FROM jsonb_to_recordset($3::jsonb) AS part (id uuid, position integer, version integer)
       ), held AS MATERIALIZED (
         SELECT item.id FROM context_items AS item
         WHERE item.workspace_id = $1 AND (item.id = ANY($4) OR item.document_id = ANY($4)) AND ${alive}
           AND (coalesce(document_id, id), position, version) IN (SELECT id, position, version FROM part)
         ORDER BY item.id FOR SHARE OF item
       ), wished AS MATERIALIZED (
         SELECT id FROM context_working_sets
         WHERE workspace_id = $1 AND id = $2 AND summary_model IS NOT NULL AND updated_at = $5 FOR KEY SHARE
       ), stored AS (
         INSERT INTO context_set_summaries
           (workspace_id, working_set_id, item_ids, text, tokens, model, source, state, set_version, usage_event_id, made_at)
         SELECT $1, id, $4, $6, $7, $8, $9, $10, $11, $12, date_trunc('milliseconds', now())
         FROM wished WHERE (SELECT count(*) FROM held) = (SELECT count(*) FROM part)
         ON CONFLICT (working_set_id) DO UPDATE SET item_ids = excluded.item_ids, text = excluded.text, tokens = excluded.tokens,
           model = excluded.model, source = excluded.source, state = excluded.state, set_version = excluded.set_version,
           usage_event_id = excluded.usage_event_id, made_at = excluded.made_at
         RETURNING made_at
       ) SELECT made_at FROM stored`,
      [
        scope.workspaceId,
        task.workingSetId,
        JSON.stringify(task.parts),
        [...new Set(task.parts.map(({ id }) => id))],
        task.definedAt,
        summary.text,
        summary.tokens,
        summary.model,
        task.hash,
        task.state,
        task.setVersion,
        summary.usageEventId,
      ],
    );
    return row?.made_at;
  }

  async delete(scope: WorkspaceScope, workingSetId: string): Promise<void> {
    await scope.query(`DELETE FROM context_set_summaries WHERE workspace_id = $1 AND working_set_id = $2`, [
      scope.workspaceId,
      workingSetId,
    ]);
  }
}
