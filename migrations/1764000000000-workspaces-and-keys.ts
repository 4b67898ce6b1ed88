import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tenants, their keys, and the role under which their rows are read. */
export class WorkspacesAndKeys1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE EXTENSION IF NOT EXISTS vector`);
    // Roles belong to the whole server, so another database's migration may have made it, perhaps at this very moment.
    await runner.query(`
      DO $$ BEGIN
        CREATE ROLE context_gateway_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
      END $$`);
    await runner.query(`GRANT context_gateway_app TO CURRENT_USER`);
    await runner.query(`GRANT USAGE ON SCHEMA public TO context_gateway_app`);

    // Whoever forgot to set the workspace sees nothing: the comparison is with NULL.
    await runner.query(`
      CREATE FUNCTION current_workspace_id() RETURNS uuid LANGUAGE sql STABLE
      AS $$ SELECT nullif(current_setting('app.workspace_id', true), '')::uuid $$`);
    await runner.query(`
      CREATE FUNCTION isolate_workspace_table(table_name regclass, key_column text DEFAULT 'workspace_id') RETURNS void
      LANGUAGE plpgsql AS $$ BEGIN
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', table_name);
        EXECUTE format('CREATE POLICY workspace_isolation ON %s USING (%I = current_workspace_id()) WITH CHECK (%I = current_workspace_id())',
                       table_name, key_column, key_column);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO context_gateway_app', table_name);
      END $$`);

    await runner.query(`
      CREATE TABLE workspaces (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        daily_token_quota bigint CHECK (daily_token_quota > 0),
        rate_limit_requests integer CHECK (rate_limit_requests > 0),
        rate_limit_window integer CHECK (rate_limit_window > 0),
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE api_keys (
        id uuid PRIMARY KEY,
        public_id text NOT NULL UNIQUE,
        key_hash text NOT NULL UNIQUE,
        workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
        name text NOT NULL,
        scopes text[] NOT NULL,
        allowed_models text[],
        rate_limit_requests integer CHECK (rate_limit_requests > 0),
        rate_limit_window integer CHECK (rate_limit_window > 0),
        active boolean NOT NULL DEFAULT true,
        expires_at timestamptz,
        revoked_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`CREATE INDEX api_keys_workspace ON api_keys (workspace_id, id)`);
    await runner.query(`SELECT isolate_workspace_table('workspaces', 'id')`);
    await runner.query(`SELECT isolate_workspace_table('api_keys')`);
    // Keys and workspaces are looked up and changed by the owner alone: no statement of a tenant's call has business here.
    await runner.query(`REVOKE ALL ON workspaces, api_keys FROM context_gateway_app`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE api_keys, workspaces`);
    await runner.query(`DROP FUNCTION isolate_workspace_table, current_workspace_id`);
  }
}
