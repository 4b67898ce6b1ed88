import { Injectable } from '@nestjs/common';
import { storable } from '#common';
import type { WorkspaceScope } from '#database';
import type {
  NewReceipt,
  Receipt,
  ReceiptItem,
  ReceiptOutcome,
  ReceiptSummary,
  TitledReceiptItem,
} from './receipt.js';

interface ReceiptRow {
  id: string;
  request_id: string;
  model: string | null;
  session: string | null;
  query: string | null;
  token_budget: number | null;
  tokens: number;
  relevance: number | null;
  min_relevance: number | null;
  decisions: Record<string, number>;
  items: ReceiptItem[];
  degraded: string[];
  attempts: unknown[];
  working_set_id: string | null;
  working_set_version: number | null;
  working_set_name: string | null;
  working_set_summary: ReceiptSummary | null;
  created_at: Date;
}

interface OutcomeRow {
  status: string;
  status_code: number;
  model: string;
  prompt_tokens: string;
  completion_tokens: string;
  context_tokens: number;
  cost: string | null;
  latency_ms: number;
  generation_id: string | null;
  created_at: Date;
}

/** Receipts, and what the ledger says about their calls. */
@Injectable()
export class ReceiptRepository {
  /**
   * Writing one again changes nothing: a retry after a lost answer is safe. A question is kept only while all the items that
   * answered it are there, and they stay until it is written: one that is deleted meanwhile finds the question and takes it along.
   */
  async insert(scope: WorkspaceScope, receipts: readonly NewReceipt[]): Promise<void> {
    await scope.query(
      `WITH given AS MATERIALIZED (
         SELECT *, ARRAY(SELECT (item->>'id')::uuid FROM jsonb_array_elements(items) AS item) AS item_ids
         FROM jsonb_to_recordset($2::jsonb) AS receipt(id uuid, request_id text, model text, session text, query text,
           token_budget integer, tokens integer, items jsonb, degraded text[], attempts jsonb,
           relevance double precision, min_relevance double precision, decisions jsonb, working_set_id uuid, working_set_version integer,
           working_set_summary jsonb)),
       named AS MATERIALIZED (
         SELECT id FROM context_items WHERE workspace_id = $1 AND id IN (SELECT unnest(item_ids) FROM given)
         ORDER BY id FOR KEY SHARE)
       INSERT INTO context_receipts (id, workspace_id, request_id, model, session, query, token_budget, tokens, items, degraded, attempts,
         relevance, min_relevance, decisions, working_set_id, working_set_version, working_set_summary)
       SELECT id, $1, request_id, model, session,
         CASE WHEN item_ids <@ ARRAY(SELECT id FROM named) THEN query END,
         token_budget, tokens, items, degraded, attempts, relevance, min_relevance, decisions,
         working_set_id, working_set_version, working_set_summary
       FROM given ON CONFLICT DO NOTHING`,
      [scope.workspaceId, JSON.stringify(receipts.map(toRow), storableTexts)],
    );
  }

  async find(scope: WorkspaceScope, id: string): Promise<Receipt | undefined> {
    const [row] = await scope.query<ReceiptRow>(
      `SELECT id, request_id, model, session, query, token_budget, tokens, items, degraded, attempts, relevance,
         min_relevance, decisions, created_at,
         working_set_id, working_set_version, working_set_summary,
         (SELECT name FROM context_working_sets AS held WHERE held.workspace_id = $1 AND held.id = working_set_id) AS working_set_name
       FROM context_receipts WHERE workspace_id = $1 AND id = $2`,
      [scope.workspaceId, id],
    );
    if (!row) return undefined;
    const [outcome] = await scope.query<OutcomeRow>(
      `SELECT status, status_code, model, prompt_tokens, completion_tokens, context_tokens, cost, latency_ms, generation_id, created_at
       FROM usage_events WHERE workspace_id = $1 AND receipt_id = $2 ORDER BY created_at DESC LIMIT 1`,
      [scope.workspaceId, id],
    );
    return toReceipt({ ...row, items: await this.titled(scope, row.items) }, outcome);
  }

  private async titled(scope: WorkspaceScope, items: ReceiptItem[]): Promise<TitledReceiptItem[]> {
    const rows = await scope.query<{ id: string; title: string | null }>(
      `SELECT id, title FROM context_items
       WHERE workspace_id = $1 AND id = ANY($2) AND (expires_at IS NULL OR expires_at > now())`,
      [scope.workspaceId, items.map(({ id }) => id)],
    );
    const titles = new Map(rows.map(({ id, title }) => [id, title]));
    return items.map((item) => ({ ...item, title: titles.get(item.id) ?? null }));
  }
}

const toRow = (receipt: NewReceipt) => ({
  id: receipt.id,
  request_id: receipt.requestId,
  model: receipt.model,
  session: receipt.session,
  query: receipt.query,
  token_budget: receipt.tokenBudget,
  tokens: receipt.tokens,
  items: receipt.items,
  degraded: receipt.degraded,
  attempts: receipt.attempts,
  relevance: receipt.relevance,
  min_relevance: receipt.minRelevance,
  decisions: receipt.decisions,
  working_set_id: receipt.workingSet?.id,
  working_set_version: receipt.workingSet?.version,
  working_set_summary: receipt.workingSet?.summary,
});

/** Names of models and sessions are the caller's, and came past nobody who looked at their characters. */
const storableTexts = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? storable(value) : value;

const toReceipt = (
  row: ReceiptRow & { items: TitledReceiptItem[] },
  outcome: OutcomeRow | undefined,
): Receipt => ({
  id: row.id,
  requestId: row.request_id,
  model: row.model ?? undefined,
  session: row.session ?? undefined,
  query: row.query ?? undefined,
  tokenBudget: row.token_budget ?? undefined,
  tokens: row.tokens,
  relevance: row.relevance ?? undefined,
  minRelevance: row.min_relevance ?? undefined,
  decisions: row.decisions,
  items: row.items,
  degraded: row.degraded,
  attempts: row.attempts,
  workingSet: workingSetOf(row),
  createdAt: row.created_at,
  outcome: outcome && toOutcome(outcome),
});

const workingSetOf = ({
  working_set_id: id,
  working_set_version: version,
  working_set_name: name,
  working_set_summary: summary,
}: ReceiptRow) => (id === null || version === null ? undefined : { id, version, name, summary });

const toOutcome = (row: OutcomeRow): ReceiptOutcome => ({
  status: row.status,
  statusCode: row.status_code,
  model: row.model,
  promptTokens: Number(row.prompt_tokens),
  completionTokens: Number(row.completion_tokens),
  contextTokens: row.context_tokens,
  cost: row.cost,
  latencyMs: row.latency_ms,
  generationId: row.generation_id,
  createdAt: row.created_at,
});
