import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Names of a workspace's own for models, and the one that is meant when a call names none. */
export class VirtualModels1764000007000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE virtual_models (
        workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
        name text NOT NULL,
        strategy text NOT NULL CHECK (strategy IN ('ordered', 'weighted')),
        targets jsonb NOT NULL CHECK (jsonb_typeof(targets) = 'array' AND jsonb_array_length(targets) > 0),
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (workspace_id, name)
      )`);
    await runner.query(`SELECT isolate_workspace_table('virtual_models')`);
    // Changed by the admin API alone, as workspaces and keys are.
    await runner.query(`REVOKE INSERT, UPDATE, DELETE ON virtual_models FROM context_gateway_app`);
    await runner.query(`ALTER TABLE workspaces ADD COLUMN default_model text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE workspaces DROP COLUMN default_model`);
    await runner.query(`DROP TABLE virtual_models`);
  }
}
