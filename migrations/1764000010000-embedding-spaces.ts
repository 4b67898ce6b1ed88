import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Several embedding spaces side by side: vectors of the others beside the row's own, and what is to be filled. */
export class EmbeddingSpaces1764000010000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await extendSpaces(runner);
    await createVectors(runner);
    await createFills(runner);
    await dropVectorsOfChangedTexts(runner);
    // By this one workers find the next workspace that waits, however much the one before it has waiting.
    await runner.query(
      `CREATE INDEX context_items_waiting ON context_items (workspace_id) WHERE status = 'pending'`,
    );
    await runner.query(`DROP FUNCTION context_search`);
    await createSearch(runner);
    await dropIndexes(runner);
    await runner.query(
      `ALTER TABLE erasure_certificates ADD COLUMN context_vectors integer NOT NULL DEFAULT 0`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE erasure_certificates DROP COLUMN context_vectors`);
    await dropIndexes(runner);
    await runner.query(`DROP FUNCTION context_search`);
    await createSearchByDimensions(runner);
    await runner.query(`DROP INDEX context_items_waiting`);
    await runner.query(`DROP TRIGGER drop_vectors ON context_items`);
    await runner.query(`DROP FUNCTION drop_vectors_of_changed_text`);
    await runner.query(`DROP TABLE context_vectors, embedding_fills`);
    await runner.query(`DROP INDEX embedding_spaces_active, embedding_spaces_home`);
    await runner.query(`
      ALTER TABLE embedding_spaces DROP COLUMN status, DROP COLUMN home, DROP COLUMN activated_at, DROP COLUMN filled_at, DROP COLUMN retired_at`);
  }
}

/**
 * The first process that comes up makes the space of its environment the active one. A home space's vectors are in the rows
 * of context_items; those of all others in context_vectors.
 */
async function extendSpaces(runner: QueryRunner): Promise<void> {
  await runner.query(`
    ALTER TABLE embedding_spaces
      ADD COLUMN status text NOT NULL DEFAULT 'standby' CHECK (status IN ('standby', 'active', 'retired')),
      ADD COLUMN home boolean NOT NULL DEFAULT false,
      ADD COLUMN activated_at timestamptz,
      ADD COLUMN filled_at timestamptz,
      ADD COLUMN retired_at timestamptz`);
  await runner.query(
    `CREATE UNIQUE INDEX embedding_spaces_active ON embedding_spaces ((true)) WHERE status = 'active'`,
  );
  await runner.query(`CREATE UNIQUE INDEX embedding_spaces_home ON embedding_spaces ((true)) WHERE home`);
}

async function createVectors(runner: QueryRunner): Promise<void> {
  // A text that cannot be embedded in a space has a row without a vector, which says why.
  await runner.query(`
    CREATE TABLE context_vectors (
      item_id uuid NOT NULL REFERENCES context_items (id) ON DELETE CASCADE,
      space_id smallint NOT NULL REFERENCES embedding_spaces (id),
      workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
      embedding vector,
      attempts smallint NOT NULL DEFAULT 0,
      error text,
      PRIMARY KEY (item_id, space_id)
    )`);
  // As in context_items: exact search reads every vector of a workspace.
  await runner.query(`ALTER TABLE context_vectors ALTER COLUMN embedding SET STORAGE MAIN`);
  await runner.query(`ALTER TABLE context_vectors SET (toast_tuple_target = 8160)`);
  await runner.query(`CREATE INDEX context_vectors_space ON context_vectors (space_id, workspace_id)`);
  await runner.query(`SELECT isolate_workspace_table('context_vectors')`);
}

/** One row for each workspace that lacks vectors in a space. It goes when nothing is missing. */
async function createFills(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE embedding_fills (
      space_id smallint NOT NULL REFERENCES embedding_spaces (id) ON DELETE CASCADE,
      workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
      -- False until all that was there has vectors; a space that only lacks the newest can be read.
      readable boolean NOT NULL,
      -- Counts up when there is more to fill, so that whoever ends a fill sees that it goes on.
      wants integer NOT NULL DEFAULT 0,
      served_at timestamptz NOT NULL DEFAULT '-infinity',
      -- The end of a worker's lease, or of the wait after a failure.
      not_before timestamptz NOT NULL DEFAULT '-infinity',
      PRIMARY KEY (workspace_id, space_id)
    )`);
  await runner.query(`CREATE INDEX embedding_fills_space ON embedding_fills (space_id) WHERE NOT readable`);
  await runner.query(`CREATE INDEX embedding_fills_turn ON embedding_fills (served_at)`);
  await runner.query(`SELECT isolate_workspace_table('embedding_fills')`);
  await runner.query(`REVOKE INSERT, UPDATE, DELETE ON embedding_fills FROM context_gateway_app`);
}

/** A vector never stands beside a text that it was not made from, whoever changed the text. */
async function dropVectorsOfChangedTexts(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE FUNCTION drop_vectors_of_changed_text() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        DELETE FROM context_vectors WHERE item_id = NEW.id;
        NEW.embedding := NULL;
        NEW.embedding_space_id := NULL;
        RETURN NEW;
      END $$`);
  await runner.query(`
    CREATE TRIGGER drop_vectors BEFORE UPDATE OF title, heading, content ON context_items FOR EACH ROW
    WHEN ((OLD.title, OLD.heading, OLD.content) IS DISTINCT FROM (NEW.title, NEW.heading, NEW.content))
    EXECUTE FUNCTION drop_vectors_of_changed_text()`);
}

/** Searches the active space. */
async function createSearch(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE FUNCTION context_search(workspace uuid, query_embedding vector, top_k integer DEFAULT 10)
    RETURNS TABLE (title text, content text, similarity double precision) LANGUAGE sql STABLE AS $$
      SELECT title, content, 1 - distance
      FROM (
        SELECT title, content,
               -- A question of other dimensions belongs to another space; comparing it would be an error.
               CASE WHEN vector_dims(found.embedding) = vector_dims(query_embedding) THEN found.embedding <=> query_embedding END AS distance
        FROM embedding_spaces AS space
        JOIN context_items AS item ON item.workspace_id = workspace AND (expires_at IS NULL OR expires_at > now())
        LEFT JOIN context_vectors AS beside ON beside.item_id = item.id AND beside.space_id = space.id,
        LATERAL (
          SELECT CASE WHEN item.embedding_space_id = space.id THEN item.embedding ELSE beside.embedding END AS embedding
        ) AS found
        WHERE space.status = 'active'
      ) AS measured
      WHERE distance IS NOT NULL
      ORDER BY distance
      LIMIT top_k $$`);
}

async function createSearchByDimensions(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE FUNCTION context_search(workspace uuid, query_embedding vector, top_k integer DEFAULT 10)
    RETURNS TABLE (title text, content text, similarity double precision) LANGUAGE sql STABLE AS $$
      SELECT title, content, 1 - distance
      FROM (
        SELECT title, content,
               CASE WHEN vector_dims(embedding) = vector_dims(query_embedding) THEN embedding <=> query_embedding END AS distance
        FROM context_items
        WHERE workspace_id = workspace AND (expires_at IS NULL OR expires_at > now())
      ) AS measured
      WHERE distance IS NOT NULL
      ORDER BY distance
      LIMIT top_k $$`);
}

/** Indexes of spaces hold halves of numbers from here on (and whole ones before); the worker builds them anew under their names. */
async function dropIndexes(runner: QueryRunner): Promise<void> {
  await runner.query(`
    DO $$ DECLARE name text; BEGIN
      FOR name IN SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname ~ '^context_items_hnsw_space_[0-9]+$' LOOP
        EXECUTE format('DROP INDEX %I', name);
      END LOOP;
    END $$`);
}
