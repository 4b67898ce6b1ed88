import { Injectable } from '@nestjs/common';
import { isId, type Page, pageOf } from '#common';
import type { SystemScope } from '#database';

/** A tenant. A limit that is null is left to the environment's default. */
export interface Workspace {
  id: string;
  name: string;
  /** Tokens per UTC day. */
  dailyTokenQuota: number | null;
  /** Default for the workspace's keys. */
  rateLimitRequests: number | null;
  /** Seconds; default for the workspace's keys. */
  rateLimitWindow: number | null;
  /** Meant when a chat call names no model; a virtual or a real one. */
  defaultModel: string | null;
  createdAt: Date;
  updatedAt: Date;
}

/** What is known of a workspace before the database has it. */
export type NewWorkspace = Omit<Workspace, 'defaultModel' | 'createdAt' | 'updatedAt'>;

interface WorkspaceRow {
  id: string;
  name: string;
  /** bigint: the driver gives text, lest digits be lost. */
  daily_token_quota: string | null;
  rate_limit_requests: number | null;
  rate_limit_window: number | null;
  default_model: string | null;
  created_at: Date;
  updated_at: Date;
}

const columns = `id, name, daily_token_quota, rate_limit_requests, rate_limit_window, default_model, created_at,
  updated_at`;

/** The tenants' table; for the admin API, which is above all of them. */
@Injectable()
export class WorkspaceRepository {
  async insert(scope: SystemScope, workspace: NewWorkspace): Promise<Workspace> {
    const [row] = await scope.query<WorkspaceRow>(
      `INSERT INTO workspaces (id, name, daily_token_quota, rate_limit_requests, rate_limit_window)
       VALUES ($1, $2, $3, $4, $5) RETURNING ${columns}`,
      [
        workspace.id,
        workspace.name,
        workspace.dailyTokenQuota,
        workspace.rateLimitRequests,
        workspace.rateLimitWindow,
      ],
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
  dailyTokenQuota: row.daily_token_quota === null ? null : Number(row.daily_token_quota),
  rateLimitRequests: row.rate_limit_requests,
  rateLimitWindow: row.rate_limit_window,
  defaultModel: row.default_model,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
