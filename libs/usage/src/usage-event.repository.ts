import { Injectable } from '@nestjs/common';
import { storable } from '#common';
import type { SystemScope } from '#database';
import type { UsageEvent } from '#queues';

/** Characters of a model's name that the ledger keeps: it is part of the roll-ups' key, and an index row is short. */
const longestModel = 256;

/** Writes the ledger's table. Reports are read by {@link UsageReportRepository}. */
@Injectable()
export class UsageEventRepository {
  /** Writes each event once, however often it comes. @returns how many were new */
  async insert(scope: SystemScope, events: readonly UsageEvent[]): Promise<number> {
    await this.ensurePartitions(scope, [...new Set(events.map(({ createdAt }) => createdAt.slice(0, 7)))]);
    const rows = await scope.query<{ id: string }>(
      `INSERT INTO usage_events (id, workspace_id, key_id, request_id, operation, model, status, status_code,
         prompt_tokens, completion_tokens, context_tokens, cost, source, latency_ms, generation_id, receipt_id, created_at)
       SELECT id, workspace_id, key_id, request_id, operation, model, status, status_code,
         prompt_tokens, completion_tokens, context_tokens, cost, source, latency_ms, generation_id, receipt_id, created_at
       FROM jsonb_to_recordset($1::jsonb) AS event (id uuid, workspace_id uuid, key_id text, request_id text,
         operation text, model text, status text, status_code integer, prompt_tokens bigint, completion_tokens bigint,
         context_tokens integer, cost numeric, source text, latency_ms integer, generation_id text, receipt_id uuid,
         created_at timestamptz)
       -- In one order, so that two writers with the same events wait for each other and not in a circle.
       ORDER BY created_at, id
       ON CONFLICT DO NOTHING RETURNING id`,
      [JSON.stringify(events.map(toRow))],
    );
    return rows.length;
  }

  /** @param months `YYYY-MM`, UTC */
  private async ensurePartitions(scope: SystemScope, months: string[]): Promise<void> {
    await scope.query(
      `SELECT ensure_usage_partition((month || '-01')::date) FROM unnest($1::text[]) AS month`,
      [months],
    );
  }

  /** Makes the partitions of this month and the three after it. */
  async ensureComingPartitions(scope: SystemScope): Promise<void> {
    await scope.query(`
      SELECT ensure_usage_partition((now() AT TIME ZONE 'UTC' + make_interval(months => m))::date)
      FROM generate_series(0, 3) AS m`);
  }

  /** Partitions of which every event is older than `before`, oldest first. */
  async partitionsBefore(scope: SystemScope, before: Date): Promise<string[]> {
    const rows = await scope.query<{ name: string }>(
      `SELECT name FROM (
         SELECT inhrelid::regclass::text AS name,
           substring(pg_get_expr(relpartbound, oid) FROM $re$TO .'([^']+)'$re$)::timestamptz AS bound
         FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = 'usage_events'::regclass
       ) AS partitions WHERE bound <= $1 ORDER BY bound`,
      [before],
    );
    return rows.map(({ name }) => name);
  }

  /**
   * Drops a partition; the roll-ups keep its sums. Whoever reads or writes the ledger waits for it, so it gives up soon when it
   * cannot have the table for itself.
   *
   * @param partition a name that {@link partitionsBefore} gave
   */
  async dropPartition(scope: SystemScope, partition: string): Promise<void> {
    await scope.query(`SET LOCAL lock_timeout = '2s'`);
    await scope.query(`DROP TABLE IF EXISTS ${partition}`);
  }
}

/** A model's name comes from outside: it is cut and mended, not refused. */
const toRow = (event: UsageEvent) => ({
  id: event.id,
  workspace_id: event.workspaceId,
  key_id: storable(event.keyId),
  request_id: storable(event.requestId),
  operation: event.operation,
  model: storable(event.model.slice(0, longestModel)),
  status: event.status,
  status_code: event.statusCode,
  prompt_tokens: event.promptTokens,
  completion_tokens: event.completionTokens,
  context_tokens: event.contextTokens,
  cost: event.cost,
  source: event.source,
  latency_ms: Math.round(event.latencyMs),
  generation_id: event.generationId && storable(event.generationId),
  receipt_id: event.receiptId,
  created_at: event.createdAt,
});
