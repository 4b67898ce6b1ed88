import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Collections that items belong to, and pins on items; a working set may take all that is pinned. */
export class Collections1764000015000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['context_items', 'context_files']) {
      await runner.query(
        `ALTER TABLE ${table} ADD COLUMN collection text, ADD COLUMN pinned boolean NOT NULL DEFAULT false`,
      );
    }
    await runner.query(
      `CREATE INDEX context_items_collection ON context_items (workspace_id, collection, created_at DESC, id DESC)
       WHERE collection IS NOT NULL AND position = 0`,
    );
    await runner.query(
      `CREATE INDEX context_items_pinned ON context_items (workspace_id, created_at, id) WHERE pinned AND position = 0`,
    );
    await sameContent(runner, `content_hash, coalesce(session, ''), coalesce(collection, '')`);
    await noteChanges(runner, 'collection, pinned, ');
    await runner.query(
      `ALTER TABLE context_working_sets ADD COLUMN takes_pinned boolean NOT NULL DEFAULT false`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE context_working_sets DROP COLUMN takes_pinned`);
    await noteChanges(runner, '');
    // Texts that only their collections told apart stay, each under an external id of its own.
    await runner.query(`
      UPDATE context_items AS item SET external_id = item.id::text FROM context_items AS first
      WHERE item.position = 0 AND item.external_id IS NULL AND first.position = 0 AND first.external_id IS NULL
        AND first.workspace_id = item.workspace_id AND first.content_hash = item.content_hash
        AND coalesce(first.session, '') = coalesce(item.session, '') AND first.id < item.id`);
    await sameContent(runner, `coalesce(session, ''), content_hash`);
    await runner.query(`DROP INDEX context_items_collection, context_items_pinned`);
    for (const table of ['context_items', 'context_files']) {
      await runner.query(`ALTER TABLE ${table} DROP COLUMN collection, DROP COLUMN pinned`);
    }
  }
}

/**
 * What makes a text without an external id one item. The hash comes first: coalesce is not leakproof, so under row-level
 * security a look-up by it would find no index and read the workspace.
 */
async function sameContent(runner: QueryRunner, columns: string): Promise<void> {
  await runner.query(`DROP INDEX context_items_same_content`);
  await runner.query(`
    CREATE UNIQUE INDEX context_items_same_content ON context_items (workspace_id, ${columns})
    WHERE external_id IS NULL AND position = 0`);
}

/** The queries of working sets may filter by the new columns. */
async function noteChanges(runner: QueryRunner, columns: string): Promise<void> {
  await runner.query(`DROP TRIGGER note_change ON context_items`);
  await runner.query(`
    CREATE TRIGGER note_change AFTER INSERT OR DELETE OR UPDATE OF
      kind, title, heading, content, session, session_position, external_id, metadata, importance, expires_at, ${columns}embedding
    ON context_items FOR EACH ROW EXECUTE FUNCTION note_context_change()`);
}
