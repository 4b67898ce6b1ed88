import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Bookkeeping of the look-ups that turn estimates into what the upstream counted. */
export class Reconciliation1764000005000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // NULL: not looked up yet, due at once. 'infinity': given up.
    await runner.query(`
      ALTER TABLE usage_events
        ADD COLUMN look_up_attempts smallint NOT NULL DEFAULT 0,
        ADD COLUMN look_up_at timestamptz`);
    // Holds only the few events that want a record, by when they are due; an insert of any other does not touch it.
    await runner.query(`
      CREATE INDEX usage_events_look_up ON usage_events ((coalesce(look_up_at, created_at)))
      WHERE generation_id IS NOT NULL AND (source = 'estimated' OR (source = 'provider' AND cost IS NULL))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX usage_events_look_up`);
    await runner.query(`ALTER TABLE usage_events DROP COLUMN look_up_attempts, DROP COLUMN look_up_at`);
  }
}
