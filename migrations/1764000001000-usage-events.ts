import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The ledger: one row a call, partitioned by month so that retention is dropping a table. */
export class UsageEvents1764000001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE usage_events (
        id uuid NOT NULL,
        workspace_id uuid NOT NULL,
        key_id text NOT NULL,
        request_id text NOT NULL,
        operation text NOT NULL,
        model text NOT NULL,
        status text NOT NULL,
        status_code integer NOT NULL,
        prompt_tokens bigint NOT NULL,
        completion_tokens bigint NOT NULL,
        tokens_used bigint GENERATED ALWAYS AS (prompt_tokens + completion_tokens) STORED,
        context_tokens integer NOT NULL,
        cost numeric(20, 10),
        source text NOT NULL CHECK (source IN ('provider', 'generation', 'estimated', 'none')),
        latency_ms integer NOT NULL,
        generation_id text,
        receipt_id uuid,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (id, created_at)
      ) PARTITION BY RANGE (created_at)`);
    await runner.query(
      `CREATE INDEX usage_events_workspace ON usage_events (workspace_id, created_at DESC, id)`,
    );
    await runner.query(
      `CREATE INDEX usage_events_receipt ON usage_events (receipt_id) WHERE receipt_id IS NOT NULL`,
    );
    await runner.query(`
      CREATE FUNCTION ensure_usage_partition(month date) RETURNS void LANGUAGE plpgsql AS $$
      DECLARE
        first_day date := date_trunc('month', month);
        name text := 'usage_events_' || to_char(first_day, 'YYYY_MM');
      BEGIN
        IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
        -- Two workers may start at once; the second waits, looks again, and finds the table made.
        PERFORM pg_advisory_xact_lock(hashtext('ensure_usage_partition'));
        IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
        EXECUTE format('CREATE TABLE %I PARTITION OF usage_events FOR VALUES FROM (%L) TO (%L)', name,
                       to_char(first_day, 'YYYY-MM-DD') || ' 00:00:00+00',
                       to_char(first_day + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
        -- A partition asked for by its own name is guarded like its parent.
        PERFORM isolate_workspace_table(name::regclass);
      END $$`);
    // The month before as well: a spooled event may be older than the table.
    await runner.query(`
      SELECT ensure_usage_partition((now() AT TIME ZONE 'UTC' + make_interval(months => m))::date)
      FROM generate_series(-1, 2) AS m`);
    await runner.query(`SELECT isolate_workspace_table('usage_events')`);
    // A tenant's call reads the ledger; only the owner writes it.
    await runner.query(`REVOKE INSERT, UPDATE, DELETE ON usage_events FROM context_gateway_app`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE usage_events`);
    await runner.query(`DROP FUNCTION ensure_usage_partition`);
  }
}
