import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The words of each workspace's items, for BM25: who has which term how often (postings), and in how many items each term
 * is. Triggers write all of it in the statement that writes the items, so it is exactly what the items say, whoever wrote them.
 */
export class Terms1764000008000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTables(runner);
    await createTermFunctions(runner);
    await createTriggers(runner);
    await createCompaction(runner);
    await runner.query(`DROP FUNCTION context_query`);
    // The triggers' lock keeps writers out until this commits, so nothing is missed and nothing counted twice.
    await runner.query(`
      INSERT INTO context_terms SELECT item.workspace_id, term, item.id, frequency, length
      FROM context_items AS item, context_item_terms(lexemes)`);
    await runner.query(`
      INSERT INTO context_term_counts SELECT workspace_id, term, count(*), sum(frequency) FROM context_terms GROUP BY 1, 2`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TRIGGER add_terms ON context_items`);
    await runner.query(`DROP TRIGGER remove_terms ON context_items`);
    await runner.query(`DROP TRIGGER change_terms ON context_items`);
    await runner.query(`
      DROP FUNCTION add_terms_of_new_items, remove_terms_of_old_items, change_terms_of_item,
        context_compact_terms, context_question_terms, context_item_terms`);
    await runner.query(`DROP TABLE context_terms, context_term_counts, context_term_changes`);
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
  }
}

/**
 * The empty term is in every item, as often as the item has words: its posting is the item's length, and its counts are how
 * many items there are and how long they are together.
 *
 * None refers to workspaces or context_items: the rows of items that a cascade deletes are taken back by the triggers, and a
 * reference would refuse to note that in the middle of the deletion.
 */
async function createTables(runner: QueryRunner): Promise<void> {
  // All that a score needs stands in the index: a term is read from one stretch of it. C: terms are compared, never sorted for people.
  await runner.query(`
    CREATE TABLE context_terms (
      workspace_id uuid NOT NULL,
      term text COLLATE "C" NOT NULL,
      item_id uuid NOT NULL,
      frequency integer NOT NULL,
      length integer NOT NULL,
      PRIMARY KEY (workspace_id, term, item_id) INCLUDE (frequency, length)
    )`);
  await runner.query(`
    CREATE TABLE context_term_counts (
      workspace_id uuid NOT NULL,
      term text COLLATE "C" NOT NULL,
      items bigint NOT NULL,
      frequency bigint NOT NULL,
      PRIMARY KEY (workspace_id, term)
    )`);
  await runner.query(
    `CREATE INDEX context_term_counts_gone ON context_term_counts (workspace_id) WHERE items = 0`,
  );
  // Writers append what changes instead of changing the counts: everybody's texts hold the same common words, and one row for
  // each would make all writers of a workspace wait for each other, or deadlock. A count is its row plus its changes.
  await runner.query(`
    CREATE TABLE context_term_changes (
      workspace_id uuid NOT NULL,
      term text COLLATE "C" NOT NULL,
      items bigint NOT NULL,
      frequency bigint NOT NULL
    )`);
  await runner.query(
    `CREATE INDEX context_term_changes_term ON context_term_changes (workspace_id, term) INCLUDE (items, frequency)`,
  );
  for (const table of ['context_terms', 'context_term_counts', 'context_term_changes']) {
    await runner.query(`SELECT isolate_workspace_table('${table}')`);
    // Only the triggers write here.
    await runner.query(`REVOKE INSERT, UPDATE, DELETE ON ${table} FROM context_gateway_app`);
  }
}

async function createTermFunctions(runner: QueryRunner): Promise<void> {
  // Of context_items.lexemes: stems of the title (weight A, each counts twice) and of the text (B); and, of weight C alone, words
  // that differ from their stem. Those are found exactly as they were written, but do not make the text longer.
  await runner.query(`
    CREATE FUNCTION context_item_terms(lexemes tsvector) RETURNS TABLE (term text, frequency integer, length integer)
    LANGUAGE sql STABLE ROWS 40 AS $$
      WITH counted AS (
        SELECT lexeme, cardinality(array_positions(weights, 'A')) * 2 + cardinality(array_positions(weights, 'B')) AS stems,
               cardinality(weights) AS written
        FROM unnest(lexemes)
      ), total AS (SELECT coalesce(sum(stems), 0)::integer AS length FROM counted)
      SELECT lexeme, (CASE WHEN stems > 0 THEN stems ELSE written END)::integer, total.length FROM counted, total
      WHERE stems > 0 OR ts_lexize('english_stem', lexeme) IS DISTINCT FROM '{}'
      UNION ALL SELECT '', length, length FROM total $$`);
  // A long question is cut to the words at its end, where people put what they want.
  await runner.query(`
    CREATE FUNCTION context_question_terms(question text) RETURNS TABLE (term text, exact boolean)
    LANGUAGE sql STABLE ROWS 10 AS $$
      WITH stems AS (SELECT lexeme, positions FROM unnest(to_tsvector('english', question)))
      SELECT lexeme, exact FROM (
        SELECT lexeme, positions, false AS exact FROM stems
        UNION ALL
        SELECT lexeme, positions, true FROM unnest(to_tsvector('simple', question))
        WHERE lexeme NOT IN (SELECT lexeme FROM stems) AND ts_lexize('english_stem', lexeme) IS DISTINCT FROM '{}'
      ) AS terms ORDER BY positions[cardinality(positions)] DESC, lexeme LIMIT 100 $$`);
}

/** They write as the owner, whoever writes the item, and always in the name of the item's own workspace. */
async function createTriggers(runner: QueryRunner): Promise<void> {
  const header = `RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp`;
  await runner.query(`
    CREATE FUNCTION add_terms_of_new_items() ${header} AS $$ BEGIN
      WITH terms AS (
        INSERT INTO context_terms SELECT item.workspace_id, term, item.id, frequency, length
        FROM new_items AS item, context_item_terms(lexemes) RETURNING *
      )
      INSERT INTO context_term_changes SELECT workspace_id, term, count(*), sum(frequency) FROM terms GROUP BY 1, 2;
      RETURN NULL;
    END $$`);
  await runner.query(`
    CREATE FUNCTION remove_terms_of_old_items() ${header} AS $$ BEGIN
      WITH terms AS (
        DELETE FROM context_terms AS posting USING old_items AS item, context_item_terms(lexemes) AS gone
        WHERE posting.workspace_id = item.workspace_id AND posting.term = gone.term AND posting.item_id = item.id
        RETURNING posting.*
      )
      INSERT INTO context_term_changes SELECT workspace_id, term, -count(*), -sum(frequency) FROM terms GROUP BY 1, 2;
      RETURN NULL;
    END $$`);
  await runner.query(`
    CREATE FUNCTION change_terms_of_item() ${header} AS $$ BEGIN
      WITH gone AS (
        DELETE FROM context_terms AS posting USING context_item_terms(OLD.lexemes) AS before
        WHERE posting.workspace_id = OLD.workspace_id AND posting.term = before.term AND posting.item_id = OLD.id
        RETURNING posting.*
      )
      INSERT INTO context_term_changes SELECT workspace_id, term, -1, -frequency FROM gone;
      WITH come AS (
        INSERT INTO context_terms SELECT NEW.workspace_id, term, NEW.id, frequency, length
        FROM context_item_terms(NEW.lexemes) RETURNING *
      )
      INSERT INTO context_term_changes SELECT workspace_id, term, 1, frequency FROM come;
      RETURN NULL;
    END $$`);
  await runner.query(`
    CREATE TRIGGER add_terms AFTER INSERT ON context_items
    REFERENCING NEW TABLE AS new_items FOR EACH STATEMENT EXECUTE FUNCTION add_terms_of_new_items()`);
  await runner.query(`
    CREATE TRIGGER remove_terms AFTER DELETE ON context_items
    REFERENCING OLD TABLE AS old_items FOR EACH STATEMENT EXECUTE FUNCTION remove_terms_of_old_items()`);
  // By row, so that a condition can tell a change of the words from the many that only note a claim or a vector.
  await runner.query(`
    CREATE TRIGGER change_terms AFTER UPDATE ON context_items FOR EACH ROW
    WHEN ((OLD.id, OLD.workspace_id, OLD.lexemes) IS DISTINCT FROM (NEW.id, NEW.workspace_id, NEW.lexemes))
    EXECUTE FUNCTION change_terms_of_item()`);
}

async function createCompaction(runner: QueryRunner): Promise<void> {
  // One statement moves changes into counts, so that no reader sees them in both or in neither. Sorted: two that do it at once
  // take the counts in one order.
  await runner.query(`
    CREATE FUNCTION context_compact_terms(most integer) RETURNS integer LANGUAGE plpgsql AS $$
    DECLARE taken integer; BEGIN
      WITH changes AS (
        DELETE FROM context_term_changes WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM context_term_changes LIMIT most FOR UPDATE SKIP LOCKED
        )) RETURNING *
      ), summed AS (
        INSERT INTO context_term_counts AS total
        SELECT workspace_id, term, sum(items), sum(frequency) FROM changes GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (workspace_id, term) DO UPDATE
        SET items = total.items + excluded.items, frequency = total.frequency + excluded.frequency
      ) SELECT count(*) INTO taken FROM changes;
      DELETE FROM context_term_counts WHERE items = 0 AND frequency = 0;
      RETURN taken;
    END $$`);
  await runner.query(`REVOKE EXECUTE ON FUNCTION context_compact_terms FROM PUBLIC`);
}
