import { Injectable } from '@nestjs/common';
import type { SystemScope } from '#database';

/** An event whose tokens or cost the upstream's own record shall put right. */
export interface LookUp {
  readonly id: string;
  readonly workspaceId: string;
  readonly generationId: string;
  /** `estimated` wants tokens and cost, `provider` the cost only. */
  readonly source: 'estimated' | 'provider';
  readonly createdAt: Date;
  /** When the call ended. */
  readonly endedAt: Date;
  /** This look-up included. */
  readonly attempts: number;
}

/** What the upstream's record says; undefined where it says nothing. */
export interface RecordedGeneration {
  readonly usage: { readonly promptTokens: number; readonly completionTokens: number } | undefined;
  /** US dollars, exact decimal. */
  readonly cost: string | undefined;
}

/** What a correction changed. */
export interface Correction {
  /** Tokens more than before; negative: fewer. */
  readonly tokens: number;
  /** Whether the call counts for its day: the quota was not reset since. */
  readonly counts: boolean;
}

interface LookUpRow {
  id: string;
  workspace_id: string;
  generation_id: string;
  source: LookUp['source'];
  created_at: Date;
  ended_at: Date;
  look_up_attempts: number;
}

/** A record appears some seconds after its call. */
const settlingSeconds = 3;
/** Whoever died over a look-up, or was cut off, has had it for so long; then another takes it. */
const leaseSeconds = 60;

/** The predicate of the index `usage_events_look_up`. */
const wanting = `generation_id IS NOT NULL AND (source = 'estimated' OR (source = 'provider' AND cost IS NULL))`;
const dueAt = 'coalesce(look_up_at, created_at)';
const endedAt = `created_at + latency_ms * interval '1 millisecond'`;

/** The bookkeeping of look-ups, and the corrections they end in. An event is never changed otherwise. */
@Injectable()
export class LookUpRepository {
  /** Takes what is due, oldest first. Nobody else gets it until the lease is over or it is put back. */
  async take(scope: SystemScope, limit: number): Promise<LookUp[]> {
    const rows = await scope.query<LookUpRow>(
      `WITH due AS (
         SELECT id, created_at FROM usage_events
         WHERE ${wanting} AND ${dueAt} <= now() AND ${endedAt} <= now() - interval '${settlingSeconds} seconds'
         ORDER BY ${dueAt} LIMIT $1 FOR UPDATE SKIP LOCKED
       ), taken AS (
         UPDATE usage_events SET look_up_attempts = look_up_attempts + 1,
           look_up_at = now() + interval '${leaseSeconds} seconds'
         FROM due WHERE usage_events.id = due.id AND usage_events.created_at = due.created_at
         RETURNING usage_events.*
       ) SELECT id, workspace_id, generation_id, source, created_at, ${endedAt} AS ended_at, look_up_attempts FROM taken`,
      [limit],
    );
    return rows.map((row) => ({
      id: row.id,
      workspaceId: row.workspace_id,
      generationId: row.generation_id,
      source: row.source,
      createdAt: row.created_at,
      endedAt: row.ended_at,
      attempts: row.look_up_attempts,
    }));
  }

  /** Looks again in `ms`; undefined: never again. */
  async postpone(scope: SystemScope, lookUps: readonly LookUp[], ms: number | undefined): Promise<void> {
    await this.schedule(scope, lookUps, ms, 0);
  }

  /** Puts back what was taken and not looked up, for later. */
  async putBack(scope: SystemScope, lookUps: readonly LookUp[], ms: number): Promise<void> {
    await this.schedule(scope, lookUps, ms, 1);
  }

  /**
   * Writes the record's numbers, once: the tokens of an estimate, and the cost where the record says it.
   * @returns undefined when the event wants none any more
   */
  async correct(
    scope: SystemScope,
    { id, createdAt }: LookUp,
    { usage, cost }: RecordedGeneration,
  ): Promise<Correction | undefined> {
    const [row] = await scope.query<{ tokens: string; counts: boolean }>(
      `WITH before AS (
         SELECT id, created_at, tokens_used FROM usage_events
         WHERE id = $1 AND ${atMillisecond('$2')} AND ${wanting} FOR UPDATE
       ), corrected AS (
         UPDATE usage_events SET look_up_at = NULL, cost = coalesce($5::numeric, cost),
           prompt_tokens = CASE source WHEN 'estimated' THEN coalesce($3, prompt_tokens) ELSE prompt_tokens END,
           completion_tokens = CASE source WHEN 'estimated' THEN coalesce($4, completion_tokens) ELSE completion_tokens END,
           source = CASE source WHEN 'estimated' THEN 'generation' ELSE source END
         FROM before WHERE usage_events.id = before.id AND usage_events.created_at = before.created_at
         RETURNING workspace_id, usage_events.created_at, usage_events.tokens_used - before.tokens_used AS tokens
       ) SELECT tokens, NOT coalesce(corrected.created_at < quota_reset_at, false) AS counts
       FROM corrected LEFT JOIN workspaces ON workspaces.id = workspace_id`,
      [id, createdAt, usage?.promptTokens ?? null, usage?.completionTokens ?? null, cost ?? null],
    );
    return row && { tokens: Number(row.tokens), counts: row.counts };
  }

  /** Events that wait for a record, those given up not counted. */
  async countPending(scope: SystemScope): Promise<number> {
    const [row] = await scope.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM usage_events WHERE ${wanting} AND ${dueAt} < 'infinity'`,
    );
    return row?.count ?? 0;
  }

  private async schedule(
    scope: SystemScope,
    lookUps: readonly LookUp[],
    ms: number | undefined,
    attemptsBack: number,
  ): Promise<void> {
    if (lookUps.length === 0) return;
    // Only where the lease is this one still: who was slower than it must not undo what another did.
    await scope.query(
      `UPDATE usage_events SET look_up_attempts = look_up_attempts - $4,
         look_up_at = coalesce(now() + $3::float8 * interval '1 millisecond', 'infinity')
       FROM jsonb_to_recordset($1::jsonb) AS taken (id uuid, created_at timestamptz, attempts smallint)
       WHERE usage_events.id = taken.id AND ${atMillisecond('taken.created_at')}
         AND look_up_attempts = taken.attempts AND ${wanting}
         AND usage_events.created_at >= $2::timestamptz`,
      [
        JSON.stringify(
          lookUps.map(({ id, createdAt, attempts }) => ({ id, created_at: createdAt, attempts })),
        ),
        new Date(Math.min(...lookUps.map(({ createdAt }) => createdAt.getTime()))),
        ms ?? null,
        attemptsBack,
      ],
    );
  }
}

/** Rows are found by id and time (the partition's key), and JavaScript's times end at the millisecond. */
const atMillisecond = (time: string): string =>
  `usage_events.created_at >= ${time}::timestamptz AND usage_events.created_at < ${time}::timestamptz + interval '1 millisecond'`;
