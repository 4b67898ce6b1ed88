import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Limits beside requests and the day: tokens per minute, calls in flight, the workspace's own bucket, and shadow mode. */
export class Limits1764000004000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // In all of these NULL leaves it to the next: key, workspace, environment. 0 is no limit.
    await runner.query(`
      ALTER TABLE workspaces
        ADD COLUMN rate_limit_tokens integer CHECK (rate_limit_tokens >= 0),
        ADD COLUMN rate_limit_parallel integer CHECK (rate_limit_parallel >= 0),
        ADD COLUMN workspace_rate_limit_requests integer CHECK (workspace_rate_limit_requests >= 0),
        ADD COLUMN shadow_limits text[],
        ADD COLUMN quota_reset_at timestamptz`);
    await runner.query(`
      ALTER TABLE api_keys
        ADD COLUMN rate_limit_tokens integer CHECK (rate_limit_tokens >= 0),
        ADD COLUMN rate_limit_parallel integer CHECK (rate_limit_parallel >= 0),
        ADD COLUMN shadow_limits text[]`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE workspaces DROP COLUMN rate_limit_tokens, DROP COLUMN rate_limit_parallel,
        DROP COLUMN workspace_rate_limit_requests, DROP COLUMN shadow_limits, DROP COLUMN quota_reset_at`);
    await runner.query(`
      ALTER TABLE api_keys DROP COLUMN rate_limit_tokens, DROP COLUMN rate_limit_parallel, DROP COLUMN shadow_limits`);
  }
}
