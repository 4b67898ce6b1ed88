import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Roll-up table → the bucket of its rows. Writers take the tables in this order, and each table's rows in the order of their key. */
const rollUps = { usage_hourly: 'hour', usage_daily: 'day' } as const;

const sums = [
  'requests',
  'prompt_tokens',
  'completion_tokens',
  'context_tokens',
  'tokens_used',
  'cost',
] as const;

/**
 * Adds events to both roll-ups.
 *
 * @param changes a query for events with a `sign`: 1 for one that came, -1 for one that went
 */
const addTo = (changes: string): string =>
  Object.entries(rollUps)
    .map(
      ([table, unit]) => `
      INSERT INTO ${table} AS total (workspace_id, bucket, key_id, model, status, ${sums.join(', ')})
      SELECT workspace_id, date_trunc('${unit}', created_at, 'UTC'), key_id, model, status,
        sum(sign), sum(sign * prompt_tokens), sum(sign * completion_tokens), sum(sign * context_tokens),
        sum(sign * tokens_used), coalesce(sum(sign * cost), 0)
      FROM (${changes}) AS changes
      GROUP BY 1, 2, 3, 4, 5
      ORDER BY 1, 2, 3, 4, 5
      ON CONFLICT (workspace_id, bucket, key_id, model, status) DO UPDATE
      SET ${sums.map((sum) => `${sum} = total.${sum} + excluded.${sum}`).join(', ')};`,
    )
    .join('');

/**
 * Sums of the ledger by hour and by day, moved by triggers in the statement that writes the events: they are exactly the sums
 * of all events that ever were, also of those that retention dropped (dropping a partition fires nothing).
 */
export class UsageRollups1764000003000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of Object.keys(rollUps)) {
      // Token sums are numeric, as PostgreSQL's own sum() of bigint is: no count from outside may make them overflow.
      await runner.query(`
        CREATE TABLE ${table} (
          workspace_id uuid NOT NULL,
          bucket timestamptz NOT NULL,
          key_id text NOT NULL,
          model text NOT NULL,
          status text NOT NULL,
          requests bigint NOT NULL,
          prompt_tokens numeric NOT NULL,
          completion_tokens numeric NOT NULL,
          context_tokens numeric NOT NULL,
          tokens_used numeric NOT NULL,
          cost numeric NOT NULL,
          PRIMARY KEY (workspace_id, bucket, key_id, model, status)
        )`);
      await runner.query(`SELECT isolate_workspace_table('${table}')`);
      await runner.query(`REVOKE INSERT, UPDATE, DELETE ON ${table} FROM context_gateway_app`);
    }
    await this.boundNames(runner);
    await this.closePartitions(runner);
    await this.addTriggers(runner);
    // The triggers' lock keeps writers out until this commits, so nothing is missed and nothing counted twice.
    await runner.query(addTo(`SELECT 1 AS sign, * FROM usage_events`));
  }

  /** A name that does not fit into an index row would fail the statement, and with it everybody's events. */
  private async boundNames(runner: QueryRunner): Promise<void> {
    await runner.query(`UPDATE usage_events SET model = left(model, 256) WHERE length(model) > 256`);
    await runner.query(`
      ALTER TABLE usage_events ADD CONSTRAINT usage_events_names
      CHECK (length(key_id) <= 64 AND length(model) <= 256 AND length(status) <= 16)`);
  }

  /**
   * Partitions took the grants of a tenant's table; asked for by its own name one could be written, past the triggers. And two
   * writers that wanted the same new one at once failed.
   */
  private async closePartitions(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DO $$ DECLARE part regclass; BEGIN
        FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'usage_events'::regclass LOOP
          EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON %s FROM context_gateway_app', part);
        END LOOP;
      END $$`);
    await runner.query(`
      CREATE OR REPLACE FUNCTION ensure_usage_partition(month date) RETURNS void LANGUAGE plpgsql AS $$
      DECLARE
        first_day date := date_trunc('month', month);
        name text := 'usage_events_' || to_char(first_day, 'YYYY_MM');
      BEGIN
        IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
        -- Two writers may want it at once; the second waits, looks again, and finds the table made. It looks with a query:
        -- to_regclass still remembers that there was none.
        PERFORM pg_advisory_xact_lock(hashtext('ensure_usage_partition'));
        IF EXISTS (SELECT FROM pg_class WHERE relname = name AND relispartition) THEN RETURN; END IF;
        EXECUTE format('CREATE TABLE %I PARTITION OF usage_events FOR VALUES FROM (%L) TO (%L)', name,
                       to_char(first_day, 'YYYY-MM-DD') || ' 00:00:00+00',
                       to_char(first_day + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
        -- A partition asked for by its own name is guarded like its parent.
        PERFORM isolate_workspace_table(name::regclass);
        EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON %I FROM context_gateway_app', name);
      END $$`);
  }

  private async addTriggers(runner: QueryRunner): Promise<void> {
    const came = 'SELECT 1 AS sign, * FROM new_events';
    await runner.query(`
      CREATE FUNCTION roll_up_new_usage() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN ${addTo(came)}
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE FUNCTION roll_up_corrected_usage() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN ${addTo(`${came} UNION ALL SELECT -1, * FROM old_events`)}
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER roll_up_new_usage AFTER INSERT ON usage_events
      REFERENCING NEW TABLE AS new_events FOR EACH STATEMENT EXECUTE FUNCTION roll_up_new_usage()`);
    await runner.query(`
      CREATE TRIGGER roll_up_corrected_usage AFTER UPDATE ON usage_events
      REFERENCING OLD TABLE AS old_events NEW TABLE AS new_events
      FOR EACH STATEMENT EXECUTE FUNCTION roll_up_corrected_usage()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TRIGGER roll_up_new_usage ON usage_events`);
    await runner.query(`DROP TRIGGER roll_up_corrected_usage ON usage_events`);
    await runner.query(`DROP FUNCTION roll_up_new_usage, roll_up_corrected_usage`);
    await runner.query(`ALTER TABLE usage_events DROP CONSTRAINT usage_events_names`);
    await runner.query(`DROP TABLE ${Object.keys(rollUps).join(', ')}`);
  }
}
