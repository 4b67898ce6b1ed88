import { Injectable } from '@nestjs/common';
import { isId } from '#common';
import type { WorkspaceScope } from '#database';
import { alive } from '../items/item.repository.js';
import type { PageMark } from '../items/page-cursor.js';
import type { FoundPart, WorkingSet, WorkingSetDefinition } from './working-set.js';
import { isSetName } from './working-set-check.js';
import { setColumns, storedQueries, toWorkingSet, type WorkingSetRow } from './working-set-row.js';

/** The definitions of working sets, and what their queries found. */
@Injectable()
export class WorkingSetRepository {
  /** @returns false when the name is taken */
  async insert(scope: WorkspaceScope, id: string, set: WorkingSetDefinition): Promise<boolean> {
    const rows = await scope.query(
      `INSERT INTO context_working_sets (id, workspace_id, name, pinned_items, queries, session, last_turns, token_budget,
         takes_pinned, summary_model, summary_max_tokens, created_at, updated_at)
       VALUES ($2, $1, $3, $4, $5, $6, $7, $8, $9, $10, $11, date_trunc('milliseconds', now()), date_trunc('milliseconds', now()))
       ON CONFLICT (workspace_id, name) DO NOTHING RETURNING id`,
      [scope.workspaceId, id, ...valuesOf(set)],
    );
    return rows.length > 0;
  }

  /** Replaces a definition as one new version; what other queries had found is forgotten. */
  async replace(scope: WorkspaceScope, id: string, set: WorkingSetDefinition): Promise<void> {
    await scope.query(
      `UPDATE context_working_sets SET name = $3, pinned_items = $4, queries = $5, session = $6, last_turns = $7,
         token_budget = $8, takes_pinned = $9, summary_model = $10, summary_max_tokens = $11,
         -- A model that was not tried need not wait.
         summary_tried_at = CASE WHEN summary_model = $10 THEN summary_tried_at END, version = version + 1, updated_at = date_trunc('milliseconds', now()),
         found = CASE WHEN queries = $5 THEN found ELSE '[]' END
       WHERE workspace_id = $1 AND id = $2`,
      [scope.workspaceId, id, ...valuesOf(set)],
    );
  }

  /** Keeps other changes of the set waiting until this transaction ends. @returns it, by its id or name */
  lock(scope: WorkspaceScope, idOrName: string): Promise<WorkingSet | undefined> {
    return this.one(scope, idOrName, 'FOR UPDATE OF context_working_sets');
  }

  /** By its id or name; what is neither names none. */
  find(scope: WorkspaceScope, idOrName: string): Promise<WorkingSet | undefined> {
    return this.one(scope, idOrName, '');
  }

  /** Newest first. */
  async list(scope: WorkspaceScope, limit: number, after?: PageMark): Promise<WorkingSet[]> {
    const rows = await scope.query<WorkingSetRow>(
      `SELECT ${setColumns} FROM context_working_sets
       WHERE workspace_id = $1 AND ($3::timestamptz IS NULL OR (created_at, id) < ($3::timestamptz, $4::uuid))
       ORDER BY created_at DESC, id DESC LIMIT $2`,
      [scope.workspaceId, limit, after?.createdAt ?? null, after?.id ?? null],
    );
    return rows.map(toWorkingSet);
  }

  /** Those that ask something. */
  async withQueries(scope: WorkspaceScope): Promise<WorkingSet[]> {
    const rows = await scope.query<WorkingSetRow>(
      `SELECT ${setColumns} FROM context_working_sets WHERE workspace_id = $1 AND queries <> '[]' ORDER BY id`,
      [scope.workspaceId],
    );
    return rows.map(toWorkingSet);
  }

  async count(scope: WorkspaceScope): Promise<number> {
    const [row] = await scope.query<{ n: number }>(
      `SELECT count(*)::integer AS n FROM context_working_sets WHERE workspace_id = $1`,
      [scope.workspaceId],
    );
    return row?.n ?? 0;
  }

  /** @returns whether it was there */
  async delete(scope: WorkspaceScope, id: string): Promise<boolean> {
    const gone = await scope.query(
      `WITH gone AS (DELETE FROM context_working_sets WHERE workspace_id = $1 AND id = $2 RETURNING id) SELECT id FROM gone`,
      [scope.workspaceId, id],
    );
    return gone.length > 0;
  }

  /** Of these items, the ones that this workspace has. */
  async existing(scope: WorkspaceScope, itemIds: string[]): Promise<Set<string>> {
    const rows = await scope.query<{ id: string }>(
      `SELECT id FROM context_items WHERE workspace_id = $1 AND id = ANY($2) AND position = 0 AND ${alive}`,
      [scope.workspaceId, itemIds],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /**
   * Notes what the queries of `set` found; something else than before is a new version.
   * @returns what became of it; nothing when the set has been changed or refreshed since it was read
   */
  async store(
    scope: WorkspaceScope,
    { id, version, refreshes }: WorkingSet,
    found: FoundPart[],
  ): Promise<{ isChanged: boolean } | undefined> {
    const [row] = await scope.query<{ version: number }>(
      `WITH stored AS (
         UPDATE context_working_sets SET found = $5, version = version + (found <> $5)::integer,
           refreshes = refreshes + 1, refreshed_at = date_trunc('milliseconds', now())
         WHERE workspace_id = $1 AND id = $2 AND version = $3 AND refreshes = $4 RETURNING version
       ) SELECT version FROM stored`,
      [scope.workspaceId, id, version, refreshes, JSON.stringify(found)],
    );
    return row && { isChanged: row.version !== version };
  }

  private async one(
    scope: WorkspaceScope,
    idOrName: string,
    locking: string,
  ): Promise<WorkingSet | undefined> {
    if (!isId(idOrName) && !isSetName(idOrName)) return undefined;
    const [row] = await scope.query<WorkingSetRow>(
      `SELECT ${setColumns} FROM context_working_sets
       WHERE workspace_id = $1 AND ${isId(idOrName) ? 'id' : 'name'} = $2 ${locking}`,
      [scope.workspaceId, idOrName],
    );
    return row && toWorkingSet(row);
  }
}

const valuesOf = (set: WorkingSetDefinition): unknown[] => [
  set.name,
  set.pinnedItems,
  storedQueries(set.queries),
  set.session,
  set.lastTurns,
  set.tokenBudget,
  set.takesPinned,
  set.summary?.model ?? null,
  set.summary?.maxTokens ?? null,
];
