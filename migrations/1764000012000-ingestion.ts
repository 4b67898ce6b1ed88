import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Files that wait to be parsed, personal data that is taken out before anything is stored, and pages and code in documents. */
export class Ingestion1764000012000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createFiles(runner);
    await createSettings(runner);
    await runner.query(`
      ALTER TABLE context_jobs ADD COLUMN file_id uuid, ADD COLUMN redacted jsonb NOT NULL DEFAULT '{}'`);
    await runner.query(`ALTER TABLE context_items ADD COLUMN page integer CHECK (page > 0)`);
    await allowFormats(runner, ['text', 'markdown', 'code']);
    await runner.query(
      `ALTER TABLE erasure_certificates ADD COLUMN context_files integer NOT NULL DEFAULT 0`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE erasure_certificates DROP COLUMN context_files`);
    await runner.query(`UPDATE context_documents SET format = 'text' WHERE format = 'code'`);
    await allowFormats(runner, ['text', 'markdown']);
    await runner.query(`ALTER TABLE context_items DROP COLUMN page`);
    await runner.query(`ALTER TABLE context_jobs DROP COLUMN file_id, DROP COLUMN redacted`);
    await runner.query(`DROP TABLE context_files, context_settings`);
  }
}

/** What items and files share has one name in both, so that one selection reaches both. */
async function createFiles(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE context_files (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
      filename text NOT NULL,
      format text NOT NULL,
      charset text,
      -- As they came, until they are parsed; null: dropped, because parsing failed and nobody tried again for a week.
      bytes bytea,
      kind text NOT NULL,
      title text,
      session text,
      external_id text,
      metadata jsonb NOT NULL DEFAULT '{}',
      importance real NOT NULL DEFAULT 0.5 CHECK (importance BETWEEN 0 AND 1),
      expires_at timestamptz,
      -- Classes of personal data to take out, as they stood when the file was accepted.
      redact text[] NOT NULL DEFAULT '{}',
      status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'failed')),
      error text,
      claim_id uuid,
      claimed_at timestamptz,
      queued_at timestamptz NOT NULL DEFAULT now(),
      created_at timestamptz NOT NULL
    )`);
  // PDF and DOCX are compressed already.
  await runner.query(`ALTER TABLE context_files ALTER COLUMN bytes SET STORAGE EXTERNAL`);
  await runner.query(`CREATE INDEX context_files_workspace ON context_files (workspace_id, created_at, id)`);
  await runner.query(
    `CREATE INDEX context_files_pending ON context_files (queued_at) WHERE status = 'pending'`,
  );
  await runner.query(`SELECT isolate_workspace_table('context_files')`);
}

async function createSettings(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE context_settings (
      workspace_id uuid PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
      redact text[] NOT NULL DEFAULT '{}',
      updated_at timestamptz NOT NULL DEFAULT now()
    )`);
  await runner.query(`SELECT isolate_workspace_table('context_settings')`);
  // Operators decide; a tenant's call only obeys.
  await runner.query(`REVOKE INSERT, UPDATE, DELETE ON context_settings FROM context_gateway_app`);
}

async function allowFormats(runner: QueryRunner, formats: string[]): Promise<void> {
  await runner.query(`ALTER TABLE context_documents DROP CONSTRAINT context_documents_format_check`);
  await runner.query(`
    ALTER TABLE context_documents ADD CONSTRAINT context_documents_format_check
    CHECK (format IN (${formats.map((format) => `'${format}'`).join(', ')}))`);
}
