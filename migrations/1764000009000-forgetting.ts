import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Forgetting: erasure certificates, receipts that keep no text of an item, and the format that a document was split by. */
export class Forgetting1764000009000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createCertificates(runner);
    await emptyReceipts(runner);
    await keepFormats(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE context_documents DROP COLUMN format`);
    await runner.query(`DROP TRIGGER forget_questions ON context_items`);
    await runner.query(`DROP FUNCTION forget_questions_of_gone_items, forget_questions`);
    await runner.query(`DROP INDEX context_receipts_items`);
    await runner.query(`DROP FUNCTION receipt_item_ids`);
    await runner.query(`DROP TABLE erasure_certificates`);
  }
}

async function createCertificates(runner: QueryRunner): Promise<void> {
  // A certificate is written before the first row goes and counted up with each batch, so a run that broke off has a true one.
  await runner.query(`
    CREATE TABLE erasure_certificates (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
      key_id text NOT NULL,
      filter jsonb NOT NULL,
      items integer NOT NULL DEFAULT 0,
      context_items integer NOT NULL DEFAULT 0,
      context_documents integer NOT NULL DEFAULT 0,
      context_receipts integer NOT NULL DEFAULT 0,
      item_ids uuid[] NOT NULL DEFAULT '{}',
      item_ids_sha256 text,
      created_at timestamptz NOT NULL,
      completed_at timestamptz
    )`);
  await runner.query(
    `CREATE INDEX erasure_certificates_list ON erasure_certificates (workspace_id, created_at DESC, id DESC)`,
  );
  await runner.query(`SELECT isolate_workspace_table('erasure_certificates')`);
  await runner.query(`REVOKE DELETE ON erasure_certificates FROM context_gateway_app`);
}

/**
 * Titles leave the receipts; whoever reads one is told an item's title by the item. What remains of text is the question that
 * was asked: it goes with the first of the items that answered it, whatever deletes that item (a call, a sweep of what has
 * expired), by a trigger.
 */
async function emptyReceipts(runner: QueryRunner): Promise<void> {
  await runner.query(`
    UPDATE context_receipts SET items = (SELECT jsonb_agg(item - 'title' ORDER BY n)
      FROM jsonb_array_elements(items) WITH ORDINALITY AS listed (item, n))
    WHERE items <> '[]'`);
  await runner.query(`
    CREATE FUNCTION receipt_item_ids(items jsonb) RETURNS uuid[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
      SELECT coalesce(array_agg(DISTINCT (item ->> 'id')::uuid), '{}') FROM jsonb_array_elements(items) AS item $$`);
  await runner.query(`
    CREATE INDEX context_receipts_items ON context_receipts USING gin (receipt_item_ids(items)) WHERE query IS NOT NULL`);
  // Both run as the owner: under row-level security && is not leakproof and would find no index. So they name the workspace.
  await runner.query(`
    CREATE FUNCTION forget_questions(item_ids uuid[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
      DECLARE forgotten integer;
      BEGIN
        UPDATE context_receipts SET query = NULL
        WHERE workspace_id = current_workspace_id() AND query IS NOT NULL AND receipt_item_ids(items) && item_ids;
        GET DIAGNOSTICS forgotten = ROW_COUNT;
        RETURN forgotten;
      END $$`);
  await runner.query(`
    CREATE FUNCTION forget_questions_of_gone_items() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
      DECLARE lost record;
      BEGIN
        FOR lost IN SELECT workspace_id, array_agg(id) AS ids FROM gone WHERE position = 0 GROUP BY workspace_id LOOP
          UPDATE context_receipts SET query = NULL
          WHERE workspace_id = lost.workspace_id AND query IS NOT NULL AND receipt_item_ids(items) && lost.ids;
        END LOOP;
        RETURN NULL;
      END $$`);
  await runner.query(`
    CREATE TRIGGER forget_questions AFTER DELETE ON context_items REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION forget_questions_of_gone_items()`);
}

/** Without its format an exported document could not be split again as it was. Only Markdown gives parts headings of their own. */
async function keepFormats(runner: QueryRunner): Promise<void> {
  await runner.query(`
    ALTER TABLE context_documents ADD COLUMN format text NOT NULL DEFAULT 'text' CHECK (format IN ('text', 'markdown'))`);
  await runner.query(`
    UPDATE context_documents AS document SET format = 'markdown' FROM context_items AS part
    WHERE part.document_id = document.id AND part.heading IS NOT NULL AND part.kind <> 'turn'`);
}
