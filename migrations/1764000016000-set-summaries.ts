import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Summaries of what a working set has no room for: what a set wishes, the text, and how it goes with its items. */
export class SetSummaries1764000016000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE context_working_sets ADD COLUMN summary_model text,
        ADD COLUMN summary_max_tokens integer CHECK (summary_max_tokens > 0),
        -- When a call last began a summary: none other does for a while, whatever came of it.
        ADD COLUMN summary_tried_at timestamptz,
        ADD CHECK ((summary_model IS NULL) = (summary_max_tokens IS NULL))`);
    await createSummaries(runner);
    await dropWithItems(runner);
    await runner.query(`ALTER TABLE context_receipts ADD COLUMN working_set_summary jsonb`);
    await runner.query(
      `ALTER TABLE erasure_certificates ADD COLUMN context_set_summaries integer NOT NULL DEFAULT 0`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE erasure_certificates DROP COLUMN context_set_summaries`);
    await runner.query(`ALTER TABLE context_receipts DROP COLUMN working_set_summary`);
    await runner.query(`DROP TRIGGER drop_summaries_of_gone ON context_items`);
    await runner.query(`DROP TRIGGER drop_summaries_of_changed ON context_items`);
    await runner.query(`DROP FUNCTION drop_summaries_of_gone_items, drop_summaries_of_changed_item`);
    await runner.query(`DROP TABLE context_set_summaries`);
    await runner.query(
      `ALTER TABLE context_working_sets DROP COLUMN summary_model, DROP COLUMN summary_max_tokens, DROP COLUMN summary_tried_at`,
    );
  }
}

async function createSummaries(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE context_set_summaries (
      working_set_id uuid PRIMARY KEY REFERENCES context_working_sets (id) ON DELETE CASCADE,
      workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
      text text NOT NULL,
      tokens integer NOT NULL,
      -- The model that served.
      model text NOT NULL,
      -- What it says, it says of these.
      item_ids uuid[] NOT NULL CHECK (item_ids <> '{}'),
      -- Hash of what was asked: the model and the rows, each in its version.
      source text NOT NULL,
      -- Hash of all that the set wanted then: while it is the same, there is nothing to ask.
      state text NOT NULL,
      set_version integer NOT NULL,
      usage_event_id uuid NOT NULL,
      made_at timestamptz NOT NULL
    )`);
  await runner.query(`CREATE INDEX context_set_summaries_workspace ON context_set_summaries (workspace_id)`);
  await runner.query(`SELECT isolate_workspace_table('context_set_summaries')`);
}

/**
 * A summary repeats its items in other words. So it goes with the first that is deleted, whatever deletes it, and with the first
 * whose text or title becomes another: who corrects a text does not want to read the old one. A workspace has as many summaries
 * as sets, so they are looked through one by one.
 */
async function dropWithItems(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE FUNCTION drop_summaries_of_gone_items() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
      DECLARE lost record;
      BEGIN
        FOR lost IN SELECT workspace_id, array_agg(coalesce(document_id, id)) AS ids FROM gone GROUP BY workspace_id LOOP
          DELETE FROM context_set_summaries WHERE workspace_id = lost.workspace_id AND item_ids && lost.ids;
        END LOOP;
        RETURN NULL;
      END $$`);
  await runner.query(`
    CREATE TRIGGER drop_summaries_of_gone AFTER DELETE ON context_items REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION drop_summaries_of_gone_items()`);
  await runner.query(`
    CREATE FUNCTION drop_summaries_of_changed_item() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$ BEGIN
      DELETE FROM context_set_summaries
      WHERE workspace_id = NEW.workspace_id AND item_ids && ARRAY[coalesce(OLD.document_id, OLD.id)];
      RETURN NULL;
    END $$`);
  await runner.query(`
    CREATE TRIGGER drop_summaries_of_changed AFTER UPDATE OF title, content ON context_items FOR EACH ROW
    WHEN (OLD.title IS DISTINCT FROM NEW.title OR OLD.content IS DISTINCT FROM NEW.content)
    EXECUTE FUNCTION drop_summaries_of_changed_item()`);
}
