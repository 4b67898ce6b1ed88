import { Injectable } from '@nestjs/common';
import { NotFoundError, type Page } from '#common';
import { Database, type SystemScope } from '#database';
import { AuthInvalidation } from './auth-invalidation.js';
import { DefaultModelError } from './auth.errors.js';
import { checkVirtualModel, maxVirtualModels, modelName, type VirtualModel } from './virtual-model.js';
import { VirtualModelRepository } from './virtual-model.repository.js';
import { WorkspaceRepository } from './workspace.repository.js';

/** Makes, shows and removes virtual models. A caller carries its workspace's, so a change is told like that of a key. */
@Injectable()
export class VirtualModelService {
  constructor(
    private readonly database: Database,
    private readonly models: VirtualModelRepository,
    private readonly workspaces: WorkspaceRepository,
    private readonly invalidation: AuthInvalidation,
  ) {}

  /**
   * Makes the model, or makes it anew.
   * @throws NotFoundError for an unknown workspace; InvalidRequestError for a chain of virtual models and for weights that
   *   make no sense, naming the field
   */
  put(model: Pick<VirtualModel, 'workspaceId' | 'name' | 'strategy' | 'targets'>): Promise<VirtualModel> {
    return this.change(model.workspaceId, async (scope) => {
      const { data } = await this.models.list(scope, model.workspaceId, maxVirtualModels + 1, null);
      checkVirtualModel(
        model,
        data.filter(({ name }) => name !== model.name),
      );
      return this.models.put(scope, model);
    });
  }

  /** @throws NotFoundError; DefaultModelError for the workspace's default */
  delete(workspaceId: string, name: string): Promise<VirtualModel> {
    return this.change(workspaceId, async (scope, defaultModel) => {
      if (defaultModel === name) throw new DefaultModelError(name);
      const deleted = modelName.test(name) && (await this.models.delete(scope, workspaceId, name));
      if (!deleted) throw new NotFoundError('virtual model', name);
      return deleted;
    });
  }

  /**
   * Sets what calls mean that name no model.
   * @param model a virtual or a real name; null: calls must name one
   * @throws NotFoundError for an unknown workspace
   */
  setDefault(workspaceId: string, model: string | null): Promise<void> {
    return this.change(workspaceId, (scope) => this.models.setDefault(scope, workspaceId, model));
  }

  /** @throws NotFoundError for an unknown workspace or model */
  async get(workspaceId: string, name: string): Promise<VirtualModel> {
    const model = await this.database.asSystem(async (scope) => {
      await this.demandWorkspace(scope, workspaceId);
      return modelName.test(name) ? this.models.find(scope, workspaceId, name) : undefined;
    });
    if (!model) throw new NotFoundError('virtual model', name);
    return model;
  }

  /** @throws NotFoundError for an unknown workspace */
  list(workspaceId: string, limit: number, cursor: string | null): Promise<Page<VirtualModel>> {
    return this.database.asSystem(async (scope) => {
      await this.demandWorkspace(scope, workspaceId);
      return this.models.list(scope, workspaceId, limit, cursor);
    });
  }

  /** One change of a workspace at a time: two that are checked side by side could make a chain together. */
  private async change<T>(
    workspaceId: string,
    work: (scope: SystemScope, defaultModel: string | null) => Promise<T>,
  ): Promise<T> {
    const result = await this.database.asSystem(async (scope) => {
      const workspace = await this.models.lockWorkspace(scope, workspaceId);
      if (!workspace) throw new NotFoundError('workspace', workspaceId);
      return work(scope, workspace.defaultModel);
    });
    await this.invalidation.publish(workspaceId);
    return result;
  }

  private async demandWorkspace(scope: SystemScope, id: string): Promise<void> {
    if (!(await this.workspaces.find(scope, id))) throw new NotFoundError('workspace', id);
  }
}
