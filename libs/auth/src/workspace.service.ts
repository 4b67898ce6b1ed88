import { Injectable } from '@nestjs/common';
import { newId, NotFoundError, type Page } from '#common';
import { Database } from '#database';
import { AuthInvalidation } from './auth-invalidation.js';
import { WorkspaceRepository, type NewWorkspace, type Workspace } from './workspace.repository.js';

/** Makes and shows workspaces; every change is told to all processes once it is committed. */
@Injectable()
export class WorkspaceService {
  constructor(
    private readonly database: Database,
    private readonly workspaces: WorkspaceRepository,
    private readonly invalidation: AuthInvalidation,
  ) {}

  async create(workspace: Omit<NewWorkspace, 'id'>): Promise<Workspace> {
    const created = await this.database.asSystem((scope) =>
      this.workspaces.insert(scope, { ...workspace, id: newId() }),
    );
    await this.invalidation.publish(created.id);
    return created;
  }

  list(limit: number, cursor: string | null): Promise<Page<Workspace>> {
    return this.database.asSystem((scope) => this.workspaces.list(scope, limit, cursor));
  }

  /** @throws NotFoundError */
  async get(id: string): Promise<Workspace> {
    const workspace = await this.database.asSystem((scope) => this.workspaces.find(scope, id));
    if (!workspace) throw new NotFoundError('workspace', id);
    return workspace;
  }
}
