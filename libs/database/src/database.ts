import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { metrics } from '#observability';
import { DatabaseUnavailableError, isDatabaseAway, isRepeatable } from './database.errors.js';
import { observePool } from './pool-gauge.js';
import { SystemScope, WorkspaceScope } from './workspace-scope.js';

/** The role that statements of a workspace run under; made by the first migration, cannot log in or bypass row security. */
export const appRole = 'context_gateway_app';

/** Deadlocks are rare and dissolve by themselves; more than this many in a row are a fault of ours. */
const transactionAttempts = 4;

/** The door to PostgreSQL: work is done in one workspace's scope or, named as such, across all. */
@Injectable()
export class Database {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in a transaction that sees one workspace only. After a deadlock it is run again, so it must leave nothing
   * behind outside the transaction.
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

  /**
   * Lends a connection of its own, without time-outs, for maintenance that takes as long as it takes (building an index).
   * Runs as the owner and outside a transaction.
   */
  async forMaintenance<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const extra = { application_name: 'context-memory-gateway-maintenance' };
    const options = Object.assign({}, this.dataSource.options, { poolSize: 1, extra });
    const dataSource = await new DataSource(options).initialize();
    try {
      return await work(dataSource.createQueryRunner());
    } finally {
      await dataSource.destroy();
    }
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
      return await this.repeated(work);
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
      metrics.database.errors.inc();
      throw new DatabaseUnavailableError(error);
    } finally {
      observePool(this.dataSource);
      stop();
    }
  }

  private async repeated<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.dataSource.transaction(work);
      } catch (error) {
        if (attempt === transactionAttempts || !isRepeatable(error)) throw error;
      }
    }
  }
}
