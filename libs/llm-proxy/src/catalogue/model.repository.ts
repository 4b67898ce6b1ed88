import { Injectable } from '@nestjs/common';
import type { SystemScope } from '#database';
import type { UpstreamModel } from '#openrouter';
import type { CatalogueModel } from './catalogue-model.js';

/** What the stored catalogue says of itself. */
export interface CatalogueState {
  /** Whose models they are: a base URL. */
  upstream: string;
  /** RFC 3339 to the microsecond: another text is another sync. */
  version: string;
  /** Milliseconds since a list was last believed. */
  ageMs: number;
  /** Models of the last list, without those that vanished, and without those of embeddings. */
  models: number;
  /** The same of the list of embeddings, and milliseconds since that one was last believed. */
  embeddings: number;
  embeddingsAgeMs: number;
}

/** A stored model. */
export interface ModelRow {
  entry: UpstreamModel;
  /** The last list did not hold it. */
  vanished: boolean;
}

/** After so long a vanished model is forgotten: no reconciliation asks for the price of a call that old. */
const forgetAfter = '90 days';

/** As isForEmbeddings says. */
const forEmbeddings = `(output_modalities = ARRAY['embeddings'])`;

/** The catalogue's two tables. They are nobody's own, so the system's scope reads and writes them. */
@Injectable()
export class ModelRepository {
  /** Makes other syncs wait until this transaction ends. */
  async lock(scope: SystemScope): Promise<void> {
    await scope.query(`SELECT pg_advisory_xact_lock(hashtext('model_catalogue'))`);
  }

  /** Undefined before the first sync. Cheap: gateways ask every few seconds. */
  async state(scope: SystemScope): Promise<CatalogueState | undefined> {
    const [row] = await scope.query<CatalogueState>(
      `SELECT upstream, to_char(synced_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS version,
         (extract(epoch FROM clock_timestamp() - synced_at) * 1000)::float8 AS "ageMs",
         models, embeddings,
         coalesce(extract(epoch FROM clock_timestamp() - embeddings_at) * 1000, 0)::float8 AS "embeddingsAgeMs"
       FROM model_catalogue, (
         SELECT count(*) FILTER (WHERE NOT ${forEmbeddings})::int AS models,
           count(*) FILTER (WHERE ${forEmbeddings})::int AS embeddings,
           max(seen_at) FILTER (WHERE ${forEmbeddings}) AS embeddings_at
         FROM models WHERE vanished_at IS NULL) AS known`,
    );
    return row;
  }

  /** In the upstream's order; those that vanished come last. */
  list(scope: SystemScope): Promise<ModelRow[]> {
    return scope.query<ModelRow>(
      `SELECT entry, vanished_at IS NOT NULL AS vanished FROM models
       ORDER BY vanished_at IS NOT NULL, position, id`,
    );
  }

  /**
   * Makes the models the catalogue. Of the same upstream, those not among them are marked; of another, all are forgotten.
   * @param keepsEmbeddings there was no list of embeddings to be believed: those that are known stay
   */
  async replace(
    scope: SystemScope,
    upstream: string,
    models: readonly CatalogueModel[],
    keepsEmbeddings: boolean,
  ): Promise<void> {
    await scope.query(
      `DELETE FROM models WHERE NOT EXISTS (SELECT FROM model_catalogue WHERE upstream = $1)`,
      [upstream],
    );
    await scope.query(
      `INSERT INTO models (id, position, name, vendor, context_length, max_completion_tokens, pricing,
         supported_parameters, input_modalities, output_modalities, entry, seen_at)
       SELECT id, position, name, vendor, "contextLength", "maxCompletionTokens", pricing,
         "supportedParameters", "inputModalities", "outputModalities", entry, now()
       FROM jsonb_to_recordset($1::jsonb) AS listed (id text, position integer, name text, vendor text,
         "contextLength" integer, "maxCompletionTokens" integer, pricing jsonb, "supportedParameters" text[],
         "inputModalities" text[], "outputModalities" text[], entry jsonb)
       ON CONFLICT (id) DO UPDATE SET (position, name, vendor, context_length, max_completion_tokens, pricing,
         supported_parameters, input_modalities, output_modalities, entry, seen_at, vanished_at) =
         (excluded.position, excluded.name, excluded.vendor, excluded.context_length,
         excluded.max_completion_tokens, excluded.pricing, excluded.supported_parameters,
         excluded.input_modalities, excluded.output_modalities, excluded.entry, excluded.seen_at, NULL)`,
      [JSON.stringify(models.map((model, position) => ({ ...model, position })))],
    );
    await scope.query(
      `UPDATE models SET vanished_at = now()
       WHERE seen_at <> now() AND vanished_at IS NULL AND NOT ($1 AND ${forEmbeddings})`,
      [keepsEmbeddings],
    );
    await scope.query(`DELETE FROM models WHERE vanished_at < now() - interval '${forgetAfter}'`);
    await scope.query(
      `INSERT INTO model_catalogue (upstream, synced_at) VALUES ($1, now())
       ON CONFLICT (only_row) DO UPDATE SET upstream = excluded.upstream, synced_at = excluded.synced_at`,
      [upstream],
    );
  }
}
