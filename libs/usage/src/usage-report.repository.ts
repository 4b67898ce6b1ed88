import { Injectable } from '@nestjs/common';
import { type Page, pageOf } from '#common';
import type { WorkspaceScope } from '#database';
import { type ReportSegment, reportSegments } from './report-segments.js';
import { parseUsageCursor, toUsageCursor } from './usage-cursor.js';
import type { UsageGroup, UsageQuery, UsageTotals } from './usage-report.js';

interface TotalsRow {
  bucket: Date;
  key_id: string;
  model: string;
  status: string;
  requests: string;
  prompt_tokens: string;
  completion_tokens: string;
  context_tokens: string;
  tokens_used: string;
  cost: string;
}

const timeGroups: readonly UsageGroup[] = ['hour', 'day', 'month'];

/** Reads the ledger: from its roll-ups what they hold whole, from its events the rest. */
@Injectable()
export class UsageReportRepository {
  /** Sums of the workspace's calls, in order of time, key, model, status. @throws InvalidRequestError for a foreign cursor */
  async totals(scope: WorkspaceScope, query: UsageQuery): Promise<Page<UsageTotals>> {
    const { groups, limit } = query;
    const unit = timeGroups.find((group) => groups.includes(group)) ?? null;
    const columnOf = (group: UsageGroup, column: string) => (groups.includes(group) ? column : `''`);
    const position = query.cursor === null ? [null, null, null, null] : parseUsageCursor(query.cursor);
    const segments = reportSegments(query, unit === 'hour', query.now);
    const parameters = [scope.workspaceId, query.start, unit, ...position, limit + 1];
    // A group of no calls is one that corrections emptied.
    const rows = await scope.query<TotalsRow>(
      `SELECT * FROM (
         SELECT CASE WHEN $3::text IS NULL THEN $2::timestamptz ELSE date_trunc($3, at, 'UTC') END AS bucket,
           ${columnOf('key', 'key_id')} AS key_id, ${columnOf('model', 'model')} AS model,
           ${columnOf('status', 'status')} AS status,
           sum(requests) AS requests, sum(prompt_tokens) AS prompt_tokens, sum(completion_tokens) AS completion_tokens,
           sum(context_tokens) AS context_tokens, sum(tokens_used) AS tokens_used,
           trim_scale(coalesce(sum(cost), 0)) AS cost
         FROM (${segments.map((segment, i) => partOf(segment, parameters.length + 2 * i)).join(' UNION ALL ')}) AS parts
         GROUP BY 1, 2, 3, 4 HAVING sum(requests) > 0) AS totals
       WHERE $4::timestamptz IS NULL OR (bucket, key_id, model, status) > ($4, $5::text, $6::text, $7::text)
       ORDER BY bucket, key_id, model, status LIMIT $8`,
      [...parameters, ...segments.flatMap(({ start, end }) => [start, end])],
    );
    const page = pageOf(rows, limit, (row) =>
      toUsageCursor([row.bucket.toISOString(), row.key_id, row.model, row.status]),
    );
    return { ...page, data: page.data.map((row) => toTotals(row, groups)) };
  }
}

/** @param given parameters of the query before this segment's start and end; the first is the workspace */
function partOf({ table }: ReportSegment, given: number): string {
  const isEvents = table === 'usage_events';
  const time = isEvents ? 'created_at' : 'bucket';
  // The workspace is named although row security holds it already: the index begins with it.
  return `SELECT ${time} AS at, key_id, model, status, ${isEvents ? '1' : 'requests'} AS requests, prompt_tokens,
            completion_tokens, context_tokens, tokens_used, cost
          FROM ${table} WHERE workspace_id = $1 AND ${time} >= $${given + 1} AND ${time} < $${given + 2}`;
}

const toTotals = (row: TotalsRow, groups: readonly UsageGroup[]): UsageTotals => ({
  startTime: row.bucket,
  keyId: groups.includes('key') ? row.key_id : null,
  model: groups.includes('model') ? row.model : null,
  status: groups.includes('status') ? row.status : null,
  requests: Number(row.requests),
  promptTokens: Number(row.prompt_tokens),
  completionTokens: Number(row.completion_tokens),
  contextTokens: Number(row.context_tokens),
  tokensUsed: Number(row.tokens_used),
  cost: row.cost,
});
