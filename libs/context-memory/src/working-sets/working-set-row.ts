import type { JsonObject } from '#common';
import type { FoundPart, SavedQuery, WorkingSet } from './working-set.js';

/** A working set as {@link setColumns} select it. */
export interface WorkingSetRow {
  id: string;
  name: string;
  pinned_items: string[];
  takes_pinned: boolean;
  queries: StoredQuery[];
  session: string | null;
  last_turns: number | null;
  token_budget: number;
  version: number;
  found: FoundPart[];
  refreshes: string;
  refreshed_at: Date | null;
  summary_model: string | null;
  summary_max_tokens: number | null;
  is_summary_tried: boolean;
  is_stale: boolean;
  created_at: Date;
  updated_at: Date;
}

interface StoredQuery {
  query: string;
  top_k?: number;
  session?: string;
  filter?: JsonObject;
}

/** How long a summary that was begun keeps others from beginning one. */
export const summaryRestSeconds = 60;

/** Of context_working_sets; `$1` is the workspace. Without queries nothing can be stale. */
export const setColumns = `id, name, pinned_items, takes_pinned, queries, session, last_turns, token_budget, version, found, refreshes,
  refreshed_at, queries <> '[]' AND EXISTS (SELECT FROM context_changes WHERE workspace_id = $1) AS is_stale,
  summary_model, summary_max_tokens, coalesce(summary_tried_at > now() - make_interval(secs => ${summaryRestSeconds}), false) AS is_summary_tried,
  created_at, updated_at`;

/** The set of a row. */
export const toWorkingSet = (row: WorkingSetRow): WorkingSet => ({
  id: row.id,
  name: row.name,
  pinnedItems: row.pinned_items,
  takesPinned: row.takes_pinned,
  queries: row.queries.map(({ top_k: topK, ...query }) => ({
    ...query,
    ...(topK !== undefined && { topK }),
  })),
  session: row.session,
  lastTurns: row.last_turns,
  tokenBudget: row.token_budget,
  summary: wishOf(row),
  version: row.version,
  found: row.found,
  refreshes: Number(row.refreshes),
  isStale: row.is_stale,
  refreshedAt: row.refreshed_at,
  isSummaryTried: row.is_summary_tried,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const wishOf = ({
  summary_model: model,
  summary_max_tokens: maxTokens,
}: WorkingSetRow): WorkingSet['summary'] =>
  model === null || maxTokens === null ? null : { model, maxTokens };

/** Queries as they are stored. */
export const storedQueries = (queries: SavedQuery[]): string =>
  JSON.stringify(
    queries.map(({ query, topK, session, filter }): StoredQuery => ({ query, top_k: topK, session, filter })),
  );
