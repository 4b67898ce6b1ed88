import { Injectable } from '@nestjs/common';
import { isId, type Page, pageOf } from '#common';
import type { SystemScope } from '#database';
import type { RoutingStrategy, RoutingTarget, VirtualModel } from './virtual-model.js';

interface VirtualModelRow {
  workspace_id: string;
  name: string;
  strategy: RoutingStrategy;
  targets: RoutingTarget[];
  created_at: Date;
  updated_at: Date;
}

const columns = 'workspace_id, name, strategy, targets, created_at, updated_at';

/** The virtual models' table; for the admin API. Callers get theirs by CallerRepository. */
@Injectable()
export class VirtualModelRepository {
  async put(
    scope: SystemScope,
    model: Pick<VirtualModel, 'workspaceId' | 'name' | 'strategy' | 'targets'>,
  ): Promise<VirtualModel> {
    const [row] = await scope.query<VirtualModelRow>(
      `INSERT INTO virtual_models (workspace_id, name, strategy, targets) VALUES ($1, $2, $3, $4)
       ON CONFLICT (workspace_id, name) DO UPDATE
         SET strategy = excluded.strategy, targets = excluded.targets, updated_at = now()
       RETURNING ${columns}`,
      [model.workspaceId, model.name, model.strategy, JSON.stringify(model.targets)],
    );
    if (!row) throw new Error('INSERT returned no row');
    return toVirtualModel(row);
  }

  /**
   * Makes other changes of the workspace's models wait until this transaction ends, and its callers newer than before.
   * @param id any text: what is no UUID names no workspace
   * @returns its default model; undefined when there is no such workspace
   */
  async lockWorkspace(scope: SystemScope, id: string): Promise<{ defaultModel: string | null } | undefined> {
    if (!isId(id)) return undefined;
    // In a WITH, because the driver answers a bare UPDATE in another shape than a SELECT.
    const [row] = await scope.query<{ default_model: string | null }>(
      `WITH changed AS (UPDATE workspaces SET updated_at = now() WHERE id = $1 RETURNING default_model)
       SELECT default_model FROM changed`,
      [id],
    );
    return row && { defaultModel: row.default_model };
  }

  async setDefault(scope: SystemScope, workspaceId: string, model: string | null): Promise<void> {
    await scope.query(`UPDATE workspaces SET default_model = $2 WHERE id = $1`, [workspaceId, model]);
  }

  async find(scope: SystemScope, workspaceId: string, name: string): Promise<VirtualModel | undefined> {
    const [row] = await scope.query<VirtualModelRow>(
      `SELECT ${columns} FROM virtual_models WHERE workspace_id = $1 AND name = $2`,
      [workspaceId, name],
    );
    return row && toVirtualModel(row);
  }

  /** By name. @param cursor the name that the page before ended with */
  async list(
    scope: SystemScope,
    workspaceId: string,
    limit: number,
    cursor: string | null,
  ): Promise<Page<VirtualModel>> {
    const rows = await scope.query<VirtualModelRow>(
      `SELECT ${columns} FROM virtual_models
       WHERE workspace_id = $1 AND ($2::text IS NULL OR name COLLATE "C" > $2)
       ORDER BY name COLLATE "C" LIMIT $3`,
      [workspaceId, cursor, limit + 1],
    );
    return pageOf(rows.map(toVirtualModel), limit, ({ name }) => name);
  }

  /** @returns what was there, undefined when nothing was */
  async delete(scope: SystemScope, workspaceId: string, name: string): Promise<VirtualModel | undefined> {
    const [row] = await scope.query<VirtualModelRow>(
      `WITH deleted AS (DELETE FROM virtual_models WHERE workspace_id = $1 AND name = $2 RETURNING *)
       SELECT ${columns} FROM deleted`,
      [workspaceId, name],
    );
    return row && toVirtualModel(row);
  }
}

const toVirtualModel = (row: VirtualModelRow): VirtualModel => ({
  workspaceId: row.workspace_id,
  name: row.name,
  strategy: row.strategy,
  targets: row.targets,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
