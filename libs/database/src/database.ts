import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { metrics } from '#observability';
import { DatabaseUnavailableError, isDatabaseAway } from './database.errors.js';
import { SystemScope, WorkspaceScope } from './workspace-scope.js';

/** The role that statements of a workspace run under; made by the first migration, cannot log in or bypass row security. */
export const appRole = 'context_gateway_app';

/** The door to PostgreSQL: work is done in one workspace's scope or, named as such, across all. */
@Injectable()
export class Database {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in a transaction that sees one workspace only.
   * @throws DatabaseUnavailableError when PostgreSQL is away; the transaction is rolled back on any error.
   */
  inWorkspace<T>(workspaceId: string, work: (scope: WorkspaceScope) => Promise<T>): Promise<T> {
    return this.transaction('workspace', async (manager) => {
      // Both settings end with the transaction, so a pooled connection never carries them to the next caller.
      await manager.query(`SELECT set_config('role', $1, true), set_config('app.workspace_id', $2, true)`, [
        appRole,
        workspaceId,
      ]);
      return work(new WorkspaceScope(workspaceId, manager));
    });
  }

  /** Runs `work` in a transaction across workspaces. @throws DatabaseUnavailableError as above. */
  asSystem<T>(work: (scope: SystemScope) => Promise<T>): Promise<T> {
    return this.transaction('system', (manager) => work(new SystemScope(manager)));
  }

  /** One trivial query, for health probes. @returns milliseconds it took. */
  async ping(): Promise<number> {
    const start = performance.now();
    await this.dataSource.query('SELECT 1');
    return performance.now() - start;
  }

  private async transaction<T>(operation: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const stop = metrics.database.queryDuration.startTimer({ operation });
    try {
      return await this.dataSource.transaction(work);
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
      metrics.database.errors.inc();
      throw new DatabaseUnavailableError(error);
    } finally {
      stop();
    }
  }
}
