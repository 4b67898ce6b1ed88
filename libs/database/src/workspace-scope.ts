import type { EntityManager } from 'typeorm';

/**
 * Proof that a transaction runs under one workspace: row-level security is on, the role cannot bypass it. Repositories take
 * it as their first argument, so an unscoped read does not compile. Only `Database.inWorkspace` makes one.
 */
export class WorkspaceScope {
  // A private member makes the type nominal: nothing that merely looks like a scope is one.
  /** @internal */
  constructor(
    readonly workspaceId: string,
    private readonly manager: EntityManager,
  ) {}

  /** Runs SQL in this scope and returns its rows. */
  query<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.manager.query<Row[]>(sql, parameters);
  }
}

/**
 * A transaction across workspaces, under the owner's role: key look-up, sweepers, the ledger's writer, the admin API. A type
 * of its own, so that no repository of workspace data accepts it by mistake.
 */
export class SystemScope {
  /** @internal */
  constructor(private readonly manager: EntityManager) {}

  /** Runs SQL as the owner and returns its rows. */
  query<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.manager.query<Row[]>(sql, parameters);
  }
}
