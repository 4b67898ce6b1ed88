import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The upstream's models as last listed: one catalogue for everybody, so no workspace and no row-level security. */
export class ModelCatalogue1764000006000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE models (
        id text PRIMARY KEY,
        position integer NOT NULL,
        name text NOT NULL,
        vendor text NOT NULL,
        context_length integer,
        max_completion_tokens integer,
        pricing jsonb NOT NULL,
        supported_parameters text[] NOT NULL,
        input_modalities text[] NOT NULL,
        output_modalities text[] NOT NULL,
        entry jsonb NOT NULL,
        seen_at timestamptz NOT NULL,
        vanished_at timestamptz
      )`);
    await runner.query(`
      COMMENT ON COLUMN models.pricing IS 'US dollars a unit as exact decimal strings, {"prompt": "0.0000005", …}'`);
    // One row: whose models these are, and when a list of them was last believed. Gateways look here for news.
    await runner.query(`
      CREATE TABLE model_catalogue (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        upstream text NOT NULL,
        synced_at timestamptz NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE models, model_catalogue`);
  }
}
