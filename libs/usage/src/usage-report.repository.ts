import { Injectable } from '@nestjs/common';
import { InvalidRequestError, type Page, pageOf, parseTime } from '#common';
import type { WorkspaceScope } from '#database';
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

type Position = [bucket: string, keyId: string, model: string, status: string];

const timeGroups: readonly UsageGroup[] = ['hour', 'day', 'month'];

/** Reads the ledger. */
@Injectable()
export class UsageReportRepository {
  /** Sums of the workspace's calls, in order of time, key, model, status. @throws InvalidRequestError for a foreign cursor */
  async totals(scope: WorkspaceScope, query: UsageQuery): Promise<Page<UsageTotals>> {
    const { groups, limit } = query;
    const unit = timeGroups.find((group) => groups.includes(group)) ?? null;
    const columnOf = (group: UsageGroup, column: string) => (groups.includes(group) ? column : `''`);
    const position = query.cursor === null ? [null, null, null, null] : parseCursor(query.cursor);
    // The workspace is named although row security holds it already: the index begins with it.
    const rows = await scope.query<TotalsRow>(
      `SELECT * FROM (
         SELECT CASE WHEN $4::text IS NULL THEN $2::timestamptz ELSE date_trunc($4, created_at, 'UTC') END AS bucket,
           ${columnOf('key', 'key_id')} AS key_id, ${columnOf('model', 'model')} AS model,
           ${columnOf('status', 'status')} AS status,
           count(*) AS requests, sum(prompt_tokens) AS prompt_tokens, sum(completion_tokens) AS completion_tokens,
           sum(context_tokens) AS context_tokens, sum(tokens_used) AS tokens_used, coalesce(sum(cost), 0) AS cost
         FROM usage_events WHERE workspace_id = $1 AND created_at >= $2::timestamptz AND created_at < $3
         GROUP BY 1, 2, 3, 4) AS totals
       WHERE $5::timestamptz IS NULL OR (bucket, key_id, model, status) > ($5, $6::text, $7::text, $8::text)
       ORDER BY bucket, key_id, model, status LIMIT $9`,
      [scope.workspaceId, query.start, query.end, unit, ...position, limit + 1],
    );
    const page = pageOf(rows, limit, toCursor);
    return { ...page, data: page.data.map((row) => toTotals(row, groups)) };
  }
}

const toCursor = ({ bucket, key_id, model, status }: TotalsRow): string =>
  Buffer.from(JSON.stringify([bucket.toISOString(), key_id, model, status])).toString('base64url');

function parseCursor(cursor: string): Position {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (isPosition(value)) return value;
  } catch {
    // Not one of ours; said below.
  }
  throw new InvalidRequestError('This cursor does not come from this list', 'cursor');
}

const isPosition = (value: unknown): value is Position =>
  Array.isArray(value) &&
  value.length === 4 &&
  value.every((part) => typeof part === 'string' && !part.includes('\0')) &&
  parseTime(String(value[0])) !== undefined;

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
