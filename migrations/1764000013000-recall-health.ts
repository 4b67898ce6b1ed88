import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How well recall works: probes of each workspace, and what receipts say of the decision to put something in or nothing. */
export class RecallHealth1764000013000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Numbers only: what was asked for is nowhere kept. due_at is also a lease, taken before the probe.
    await runner.query(`
      CREATE TABLE context_recall_health (
        workspace_id uuid PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
        due_at timestamptz NOT NULL,
        asked integer,
        found integer,
        top_k integer,
        degraded text[] NOT NULL DEFAULT '{}',
        measured_at timestamptz,
        CHECK (found BETWEEN 0 AND asked)
      )`);
    await runner.query(`CREATE INDEX context_recall_health_due ON context_recall_health (due_at)`);
    await runner.query(`SELECT isolate_workspace_table('context_recall_health')`);
    await runner.query(`
      ALTER TABLE context_receipts
        ADD COLUMN relevance double precision,
        ADD COLUMN min_relevance double precision,
        ADD COLUMN decisions jsonb NOT NULL DEFAULT '{}'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE context_receipts DROP COLUMN relevance, DROP COLUMN min_relevance, DROP COLUMN decisions`);
    await runner.query(`DROP TABLE context_recall_health`);
  }
}
