import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Memory: items (the unit of recall), the documents that were split into them, jobs, embedding spaces, receipts. */
export class ContextMemory1764000002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE embedding_spaces (
        id smallint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        provider text NOT NULL,
        model text NOT NULL,
        dimensions integer NOT NULL CHECK (dimensions BETWEEN 1 AND 4000),
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (provider, model, dimensions)
      )`);
    await runner.query(`GRANT SELECT ON embedding_spaces TO context_gateway_app`);

    await runner.query(`
      CREATE TABLE context_documents (
        id uuid PRIMARY KEY,
        workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
        content text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE context_items (
        id uuid PRIMARY KEY,
        workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
        document_id uuid REFERENCES context_documents (id) ON DELETE CASCADE,
        position integer NOT NULL DEFAULT 0,
        kind text NOT NULL,
        title text,
        content text NOT NULL,
        session text,
        session_position bigint,
        external_id text,
        metadata jsonb NOT NULL DEFAULT '{}',
        importance real NOT NULL DEFAULT 0.5 CHECK (importance BETWEEN 0 AND 1),
        expires_at timestamptz,
        content_hash text NOT NULL,
        tokens integer NOT NULL,
        version integer NOT NULL DEFAULT 1,
        status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'embedded', 'failed')),
        attempts smallint NOT NULL DEFAULT 0,
        error text,
        embedding vector,
        embedding_space_id smallint REFERENCES embedding_spaces (id),
        -- Names and codes by 'simple', everything else by its stem; a title counts more than the text below it.
        lexemes tsvector GENERATED ALWAYS AS (
          setweight(to_tsvector('english', coalesce(title, '')), 'A') ||
          setweight(to_tsvector('english', content), 'B') ||
          setweight(to_tsvector('simple', content), 'C')
        ) STORED,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (document_id, position),
        CHECK ((embedding IS NULL) = (embedding_space_id IS NULL))
      )`);
    // Position 0 stands for the whole: one row an accepted text, however many parts it was split into.
    await runner.query(`
      CREATE UNIQUE INDEX context_items_external ON context_items (workspace_id, external_id)
      WHERE external_id IS NOT NULL AND position = 0`);
    await runner.query(`
      CREATE UNIQUE INDEX context_items_same_content ON context_items (workspace_id, coalesce(session, ''), content_hash)
      WHERE external_id IS NULL AND position = 0`);
    await runner.query(
      `CREATE INDEX context_items_list ON context_items (workspace_id, created_at DESC, id DESC) WHERE position = 0`,
    );
    await runner.query(
      `CREATE INDEX context_items_session ON context_items (workspace_id, session, session_position) WHERE session IS NOT NULL`,
    );
    await runner.query(`CREATE INDEX context_items_lexemes ON context_items USING gin (lexemes)`);
    await runner.query(
      `CREATE INDEX context_items_metadata ON context_items USING gin (metadata jsonb_path_ops)`,
    );
    await runner.query(
      `CREATE INDEX context_items_pending ON context_items (updated_at) WHERE status = 'pending'`,
    );
    await runner.query(
      `CREATE INDEX context_items_expired ON context_items (expires_at) WHERE expires_at IS NOT NULL`,
    );

    await runner.query(`
      CREATE TABLE context_jobs (
        id uuid PRIMARY KEY,
        workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
        item_ids uuid[] NOT NULL,
        idempotency_key text,
        request_hash text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE UNIQUE INDEX context_jobs_idempotency ON context_jobs (workspace_id, idempotency_key)
      WHERE idempotency_key IS NOT NULL`);

    await runner.query(`
      CREATE TABLE context_receipts (
        id uuid PRIMARY KEY,
        workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
        request_id text NOT NULL,
        model text,
        session text,
        query text,
        token_budget integer,
        tokens integer NOT NULL DEFAULT 0,
        items jsonb NOT NULL DEFAULT '[]',
        degraded text[] NOT NULL DEFAULT '{}',
        attempts jsonb NOT NULL DEFAULT '[]',
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(
      `CREATE INDEX context_receipts_workspace ON context_receipts (workspace_id, created_at DESC)`,
    );
    for (const table of ['context_documents', 'context_items', 'context_jobs', 'context_receipts']) {
      await runner.query(`SELECT isolate_workspace_table('${table}')`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE context_receipts, context_jobs, context_items, context_documents, embedding_spaces`,
    );
  }
}
