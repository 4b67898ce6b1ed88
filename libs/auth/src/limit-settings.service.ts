import { Injectable } from '@nestjs/common';
import { NotFoundError } from '#common';
import { AppConfig } from '#config';
import { Database, type SystemScope } from '#database';
import { ApiKeyRepository, type ApiKey } from './api-key.repository.js';
import { AuthInvalidation } from './auth-invalidation.js';
import type { CallerLimits } from './caller.js';
import type { KeyLimitSettings, WorkspaceLimitSettings } from './limit-settings.js';
import { resolveLimits, limitValues, type ResolvedLimits } from './resolved-limits.js';
import { WorkspaceRepository, type Workspace } from './workspace.repository.js';

/** A workspace's settings, and what holds for those of its keys that say nothing themselves. */
export interface WorkspaceLimits {
  readonly workspace: Workspace;
  readonly limits: ResolvedLimits;
}

/** A key's settings, and what holds for it. */
export interface KeyLimits extends WorkspaceLimits {
  readonly apiKey: ApiKey;
}

/** What a change of settings did to one key that opens. */
export interface LimitsChange {
  readonly keyHash: string;
  readonly workspaceId: string;
  readonly before: CallerLimits;
  readonly after: CallerLimits;
}

/** Shows and replaces what workspaces and keys say of their limits; every change is told to all processes once it is committed. */
@Injectable()
export class LimitSettingsService {
  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly workspaces: WorkspaceRepository,
    private readonly keys: ApiKeyRepository,
    private readonly invalidation: AuthInvalidation,
  ) {}

  /** @throws NotFoundError */
  async ofWorkspace(id: string): Promise<WorkspaceLimits> {
    const workspace = await this.database.asSystem((scope) => this.workspaces.find(scope, id));
    return this.resolved(found('workspace', id, workspace));
  }

  /** @throws NotFoundError */
  ofKey(publicId: string): Promise<KeyLimits> {
    return this.database.asSystem((scope) => this.findKey(scope, publicId));
  }

  /** A setting that is null is left to the environment. @throws NotFoundError */
  async replaceOfWorkspace(id: string, settings: WorkspaceLimitSettings): Promise<LimitsChange[]> {
    const { workspace, changes } = await this.database.asSystem(async (scope) => {
      const before = found('workspace', id, await this.workspaces.findForChange(scope, id));
      const after = found('workspace', id, await this.workspaces.replaceLimits(scope, id, settings));
      const keys = await this.keys.listActive(scope, id);
      return {
        workspace: after,
        changes: keys.map((key) => this.change(key, this.resolved(before, key), this.resolved(after, key))),
      };
    });
    // The row's own id: the caller may have written it in capitals.
    await this.invalidation.publish(workspace.id);
    return changes;
  }

  /** A setting that is null is left to the workspace. @throws NotFoundError */
  async replaceOfKey(publicId: string, settings: KeyLimitSettings): Promise<LimitsChange> {
    const change = await this.database.asSystem(async (scope) => {
      const before = await this.findKey(scope, publicId);
      const key = found('API key', publicId, await this.keys.replaceLimits(scope, publicId, settings));
      return this.change(key, before, this.resolved(before.workspace, key));
    });
    await this.invalidation.publish(change.keyHash);
    return change;
  }

  /** Calls admitted before `at` no longer count for the workspace's day. */
  async noteQuotaReset(workspaceId: string, at: Date): Promise<void> {
    await this.database.asSystem((scope) => this.workspaces.noteQuotaReset(scope, workspaceId, at));
    await this.invalidation.publish(workspaceId);
  }

  private async findKey(scope: SystemScope, publicId: string): Promise<KeyLimits> {
    const apiKey = found('API key', publicId, await this.keys.find(scope, publicId));
    const { workspaceId } = apiKey;
    const workspace = found('workspace', workspaceId, await this.workspaces.find(scope, workspaceId));
    return { apiKey, ...this.resolved(workspace, apiKey) };
  }

  private resolved(workspace: Workspace, apiKey?: ApiKey): WorkspaceLimits {
    return { workspace, limits: resolveLimits(apiKey, workspace, this.config.rateLimit) };
  }

  private change(apiKey: ApiKey, before: WorkspaceLimits, after: WorkspaceLimits): LimitsChange {
    const { keyHash, workspaceId } = apiKey;
    return { keyHash, workspaceId, before: limitValues(before.limits), after: limitValues(after.limits) };
  }
}

function found<Thing>(what: string, id: string, thing: Thing | undefined): Thing {
  if (!thing) throw new NotFoundError(what, id);
  return thing;
}
