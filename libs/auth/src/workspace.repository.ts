import { Injectable } from '@nestjs/common';
import { isId, type Page, pageOf } from '#common';
import type { SystemScope } from '#database';
import {
  placeholders,
  toWorkspaceLimitSettings,
  workspaceLimitColumns,
  workspaceLimitValues,
  type WorkspaceLimitRow,
  type WorkspaceLimitSettings,
} from './limit-settings.js';

/** A tenant. */
export interface Workspace extends WorkspaceLimitSettings {
  id: string;
  name: string;
  /** Calls admitted before then no longer count for the day; null: never reset. */
  quotaResetAt: Date | null;
  /** Meant when a chat call names no model; a virtual or a real one. */
  defaultModel: string | null;
  createdAt: Date;
  updatedAt: Date;
}

/** What is known of a workspace before the database has it. */
export type NewWorkspace = Omit<Workspace, 'quotaResetAt' | 'defaultModel' | 'createdAt' | 'updatedAt'>;

interface WorkspaceRow extends WorkspaceLimitRow {
  id: string;
  name: string;
  quota_reset_at: Date | null;
  default_model: string | null;
  created_at: Date;
  updated_at: Date;
}

const limits = workspaceLimitColumns.join(', ');
const columns = `id, name, ${limits}, quota_reset_at, default_model, created_at, updated_at`;

/** The tenants' table; for the admin API, which is above all of them. */
@Injectable()
export class WorkspaceRepository {
  async insert(scope: SystemScope, workspace: NewWorkspace): Promise<Workspace> {
    const [row] = await scope.query<WorkspaceRow>(
      `INSERT INTO workspaces (id, name, ${limits})
       VALUES ($1, $2, ${placeholders(workspaceLimitColumns, 3)}) RETURNING ${columns}`,
      [workspace.id, workspace.name, ...workspaceLimitValues(workspace)],
    );
    if (!row) throw new Error('INSERT returned no row');
    return toWorkspace(row);
  }

  /** @param id any text: what is no UUID names no workspace */
  async find(scope: SystemScope, id: string): Promise<Workspace | undefined> {
    if (!isId(id)) return undefined;
    const [row] = await scope.query<WorkspaceRow>(`SELECT ${columns} FROM workspaces WHERE id = $1`, [id]);
    return row && toWorkspace(row);
  }

  /** As {@link find}; until the transaction ends, nobody else changes it. */
  async findForChange(scope: SystemScope, id: string): Promise<Workspace | undefined> {
    if (!isId(id)) return undefined;
    const [row] = await scope.query<WorkspaceRow>(
      `SELECT ${columns} FROM workspaces WHERE id = $1 FOR UPDATE`,
      [id],
    );
    return row && toWorkspace(row);
  }

  /** Replaces all of them. @returns the workspace as it now is, undefined when there is none */
  async replaceLimits(
    scope: SystemScope,
    id: string,
    settings: WorkspaceLimitSettings,
  ): Promise<Workspace | undefined> {
    // In a WITH, because the driver answers a bare UPDATE in another shape than a SELECT.
    const [row] = await scope.query<WorkspaceRow>(
      `WITH changed AS (
         UPDATE workspaces SET (${limits}) = ROW(${placeholders(workspaceLimitColumns, 2)}), updated_at = now()
         WHERE id = $1 RETURNING *)
       SELECT ${columns} FROM changed`,
      [id, ...workspaceLimitValues(settings)],
    );
    return row && toWorkspace(row);
  }

  /** Notes when the day's count last began anew. Of two resets at once the later one stands, whoever comes first. */
  async noteQuotaReset(scope: SystemScope, id: string, at: Date): Promise<void> {
    await scope.query(
      `UPDATE workspaces SET quota_reset_at = greatest(quota_reset_at, $2), updated_at = now() WHERE id = $1`,
      [id, at],
    );
  }

  /** Newest first. @param cursor the id that the page before ended with */
  async list(scope: SystemScope, limit: number, cursor: string | null): Promise<Page<Workspace>> {
    const rows = await scope.query<WorkspaceRow>(
      `SELECT ${columns} FROM workspaces WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2`,
      [cursor, limit + 1],
    );
    return pageOf(rows.map(toWorkspace), limit, ({ id }) => id);
  }
}

const toWorkspace = (row: WorkspaceRow): Workspace => ({
  id: row.id,
  name: row.name,
  ...toWorkspaceLimitSettings(row),
  quotaResetAt: row.quota_reset_at,
  defaultModel: row.default_model,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
