import { Injectable } from '@nestjs/common';
import { newId, NotFoundError, type Page } from '#common';
import { AppConfig } from '#config';
import { Database, type SystemScope } from '#database';
import { hashApiKey, isPublicId, makeApiKey } from './api-key.js';
import { ApiKeyRepository, type ApiKey, type NewApiKeyRecord } from './api-key.repository.js';
import { AuthInvalidation } from './auth-invalidation.js';
import { WorkspaceRepository } from './workspace.repository.js';

/** What the maker of a key decides. */
export type ApiKeySettings = Omit<NewApiKeyRecord, 'id' | 'publicId' | 'keyHash'>;

/** Makes, shows and revokes keys; every change is told to all processes once it is committed. */
@Injectable()
export class ApiKeyService {
  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly keys: ApiKeyRepository,
    private readonly workspaces: WorkspaceRepository,
    private readonly invalidation: AuthInvalidation,
  ) {}

  /**
   * @returns the stored key and, this once, its whole text
   * @throws NotFoundError for an unknown workspace
   */
  async create(settings: ApiKeySettings): Promise<{ apiKey: ApiKey; key: string }> {
    const { key, publicId } = makeApiKey();
    const keyHash = hashApiKey(this.config.auth.API_KEY_PEPPER, key);
    const apiKey = await this.database.asSystem(async (scope) => {
      await this.demandWorkspace(scope, settings.workspaceId);
      return this.keys.insert(scope, { ...settings, id: newId(), publicId, keyHash });
    });
    await this.invalidation.publish(keyHash);
    return { apiKey, key };
  }

  /** @throws NotFoundError for an unknown workspace */
  list(workspaceId: string, limit: number, cursor: string | null): Promise<Page<ApiKey>> {
    return this.database.asSystem(async (scope) => {
      await this.demandWorkspace(scope, workspaceId);
      return this.keys.list(scope, workspaceId, limit, cursor);
    });
  }

  /** Revokes a key on every process within a second; again is no error. @throws NotFoundError for an unknown key */
  async revoke(publicId: string): Promise<ApiKey> {
    const apiKey = isPublicId(publicId)
      ? await this.database.asSystem((scope) => this.keys.revoke(scope, publicId))
      : undefined;
    if (!apiKey) throw new NotFoundError('API key', publicId);
    await this.invalidation.publish(apiKey.keyHash);
    return apiKey;
  }

  private async demandWorkspace(scope: SystemScope, id: string): Promise<void> {
    if (!(await this.workspaces.find(scope, id))) throw new NotFoundError('workspace', id);
  }
}
