import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Memory: items (the unit of recall), the documents that were split into them, jobs, embedding spaces, receipts. */
export class ContextMemory1764000002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createEmbeddingSpaces(runner);
    await createItems(runner);
    await createJobsAndReceipts(runner);
    for (const table of ['context_documents', 'context_items', 'context_jobs', 'context_receipts']) {
      await runner.query(`SELECT isolate_workspace_table('${table}')`);
    }
    await createSearchFunctions(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION context_search, context_query`);
    await runner.query(
      `DROP TABLE context_receipts, context_jobs, context_documents, context_items, embedding_spaces`,
    );
  }
}

async function createEmbeddingSpaces(runner: QueryRunner): Promise<void> {
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
}

/**
 * A row is what recall finds: a whole text, or one part of a text that was split. The row at position 0 carries the id that
 * callers know and stands for the whole; the other parts hang on it by document_id and go with it.
 */
async function createItems(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE context_items (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
      document_id uuid REFERENCES context_items (id) ON DELETE CASCADE,
      position integer NOT NULL DEFAULT 0,
      kind text NOT NULL,
      title text,
      -- Where the content stands: a turn's date and speaker, a part's headings. Searched and embedded with the content.
      heading text,
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
      -- A worker's lease: only its holder may store the vector, and a change of the text revokes it.
      claim_id uuid,
      claimed_at timestamptz,
      queued_at timestamptz NOT NULL DEFAULT now(),
      embedding vector,
      embedding_space_id smallint REFERENCES embedding_spaces (id),
      -- Names and codes by 'simple', everything else by its stem; a title counts more than the text below it.
      lexemes tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', coalesce(title, '')), 'A') ||
        setweight(to_tsvector('english', coalesce(heading, '') || ' ' || content), 'B') ||
        setweight(to_tsvector('simple', coalesce(title, '') || ' ' || coalesce(heading, '') || ' ' || content), 'C')
      ) STORED,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      UNIQUE (document_id, position),
      CHECK (position = 0 OR document_id IS NOT NULL),
      CHECK ((embedding IS NULL) = (embedding_space_id IS NULL))
    )`);
  // Exact search reads every vector of a workspace: kept in the row, not in a side table, each costs a third of the time.
  await runner.query(`ALTER TABLE context_items ALTER COLUMN embedding SET STORAGE MAIN`);
  await runner.query(`ALTER TABLE context_items SET (toast_tuple_target = 8160)`);
  await runner.query(`
    CREATE TABLE context_documents (
      id uuid PRIMARY KEY REFERENCES context_items (id) ON DELETE CASCADE,
      workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
      content text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    )`);
  await runner.query(`CREATE INDEX context_documents_workspace ON context_documents (workspace_id)`);
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
  // No GIN index on lexemes or metadata: row-level security lets only leakproof operators into an index before the tenant's
  // predicate, and neither @@ nor @> is one. A workspace is read by this index and matched row by row.
  await runner.query(
    `CREATE INDEX context_items_workspace ON context_items (workspace_id, embedding_space_id)`,
  );
  await runner.query(
    `CREATE INDEX context_items_pending ON context_items (queued_at) WHERE status = 'pending'`,
  );
  await runner.query(
    `CREATE INDEX context_items_expired ON context_items (expires_at) WHERE expires_at IS NOT NULL`,
  );
}

async function createJobsAndReceipts(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE context_jobs (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
      item_ids uuid[] NOT NULL DEFAULT '{}',
      idempotency_key text,
      request_hash text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    )`);
  await runner.query(`
    CREATE UNIQUE INDEX context_jobs_idempotency ON context_jobs (workspace_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL`);
  await runner.query(`CREATE INDEX context_jobs_workspace ON context_jobs (workspace_id, created_at)`);
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
}

async function createSearchFunctions(runner: QueryRunner): Promise<void> {
  // The terms of a question, OR-joined: demanding all of them finds nothing for most questions. Stop words are left out of
  // the 'simple' half too, or 'the' would match every row.
  await runner.query(`
    CREATE FUNCTION context_query(question text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
      SELECT coalesce(string_agg('''' || replace(replace(lexeme, '\\', '\\\\'), '''', '''''') || '''', ' | '), '')::tsquery
      FROM (
        SELECT lexeme FROM unnest(to_tsvector('english', question))
        UNION
        SELECT lexeme FROM unnest(to_tsvector('simple', question))
        WHERE ts_lexize('english_stem', lexeme) IS DISTINCT FROM '{}'
        LIMIT 200
      ) AS terms $$`);
  await runner.query(`
    CREATE FUNCTION context_search(workspace uuid, query_embedding vector, top_k integer DEFAULT 10)
    RETURNS TABLE (title text, content text, similarity double precision) LANGUAGE sql STABLE AS $$
      SELECT title, content, 1 - distance
      FROM (
        SELECT title, content,
               -- Vectors of other dimensions belong to other spaces; comparing them would be an error.
               CASE WHEN vector_dims(embedding) = vector_dims(query_embedding) THEN embedding <=> query_embedding END AS distance
        FROM context_items
        WHERE workspace_id = workspace AND (expires_at IS NULL OR expires_at > now())
      ) AS measured
      WHERE distance IS NOT NULL
      ORDER BY distance
      LIMIT top_k $$`);
}
