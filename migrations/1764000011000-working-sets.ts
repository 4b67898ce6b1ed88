import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Working sets: named selections of memory, and notes of what changed since their queries were last asked. */
export class WorkingSets1764000011000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createSets(runner);
    await noteChanges(runner);
    await runner.query(
      `ALTER TABLE context_receipts ADD COLUMN working_set_id uuid, ADD COLUMN working_set_version integer`,
    );
    await runner.query(
      `ALTER TABLE erasure_certificates ADD COLUMN context_working_sets integer NOT NULL DEFAULT 0`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE erasure_certificates DROP COLUMN context_working_sets`);
    await runner.query(
      `ALTER TABLE context_receipts DROP COLUMN working_set_id, DROP COLUMN working_set_version`,
    );
    await runner.query(`DROP TRIGGER note_change ON context_items`);
    await runner.query(`DROP TABLE context_working_sets, context_changes`);
    await runner.query(`DROP FUNCTION note_context_change`);
  }
}

async function createSets(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE context_working_sets (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
      name text COLLATE "C" NOT NULL,
      -- No foreign key: a pin whose item is gone is told, not lost.
      pinned_items uuid[] NOT NULL DEFAULT '{}',
      queries jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(queries) = 'array'),
      session text,
      last_turns integer CHECK (last_turns > 0),
      token_budget integer NOT NULL CHECK (token_budget > 0),
      version integer NOT NULL DEFAULT 1,
      -- What the queries found: ids and values, no text.
      found jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(found) = 'array'),
      -- Goes up with each refresh: of two at once, only one is kept.
      refreshes bigint NOT NULL DEFAULT 0,
      refreshed_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      UNIQUE (workspace_id, name),
      CHECK ((session IS NULL) = (last_turns IS NULL))
    )`);
  await runner.query(
    `CREATE INDEX context_working_sets_list ON context_working_sets (workspace_id, created_at DESC, id DESC)`,
  );
  await runner.query(`SELECT isolate_workspace_table('context_working_sets')`);
}

/**
 * One note for each transaction that changed what a query may find. Appended, not updated: writers of a workspace do not wait
 * for each other, and a note comes to be seen at the same moment as its change, so whoever reads notes first and items then
 * has seen what they are about. Without a foreign key: items go with their workspace, and note that, too.
 */
async function noteChanges(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE context_changes (
      workspace_id uuid NOT NULL,
      transaction xid8 NOT NULL,
      queued_at timestamptz,
      PRIMARY KEY (workspace_id, transaction)
    )`);
  await runner.query(`SELECT isolate_workspace_table('context_changes')`);
  await runner.query(`REVOKE INSERT, UPDATE, DELETE ON context_changes FROM context_gateway_app`);
  await runner.query(`
    CREATE FUNCTION note_context_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$ BEGIN
      INSERT INTO context_changes (workspace_id, transaction)
      VALUES (coalesce(NEW.workspace_id, OLD.workspace_id), pg_current_xact_id()) ON CONFLICT DO NOTHING;
      RETURN NULL;
    END $$`);
  // Claims and attempts of workers are no changes of an item.
  await runner.query(`
    CREATE TRIGGER note_change AFTER INSERT OR DELETE OR UPDATE OF
      kind, title, heading, content, session, session_position, external_id, metadata, importance, expires_at, embedding
    ON context_items FOR EACH ROW EXECUTE FUNCTION note_context_change()`);
  await runner.query(`
    CREATE TRIGGER note_change AFTER INSERT OR UPDATE OF queries
    ON context_working_sets FOR EACH ROW EXECUTE FUNCTION note_context_change()`);
}
