import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { LimitSettingsService, limitValues, type KeyLimitSettings, type WorkspaceLimitSettings } from '#auth';
import { BucketRescaling, LimitStandings, QuotaReset } from '#rate-limit';
import { toKeySettingsDto, toWorkspaceSettingsDto } from './limit-settings.dto.js';
import { toApiKeyLimitsDto, toWorkspaceLimitsDto } from './limits-view.js';
import type { ApiKeyLimitsDto, DailyTokensLimitDto, WorkspaceLimitsDto } from './limits.dto.js';

/** What operators do with limits: settings are in PostgreSQL, how things stand is in Redis, and the ledger knows the day. */
@Injectable()
export class LimitsService {
  constructor(
    private readonly settings: LimitSettingsService,
    private readonly standings: LimitStandings,
    private readonly rescaling: BucketRescaling,
    private readonly quota: QuotaReset,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(LimitsService.name);
  }

  /** @throws NotFoundError */
  async ofWorkspace(id: string): Promise<WorkspaceLimitsDto> {
    const found = await this.settings.ofWorkspace(id);
    const { workspace, limits } = found;
    const standing = await this.standings.ofWorkspace(workspace.id, limitValues(limits));
    return toWorkspaceLimitsDto(found, standing);
  }

  /** @throws NotFoundError */
  async ofKey(publicId: string): Promise<ApiKeyLimitsDto> {
    const key = await this.settings.ofKey(publicId);
    const { keyHash, workspaceId } = key.apiKey;
    const caller = { keyHash, workspaceId, keyId: publicId, limits: limitValues(key.limits) };
    return toApiKeyLimitsDto(key, await this.standings.ofKey(caller));
  }

  /** @throws NotFoundError */
  async replaceOfWorkspace(id: string, settings: WorkspaceLimitSettings): Promise<WorkspaceLimitsDto> {
    await this.rescaling.run(await this.settings.replaceOfWorkspace(id, settings));
    this.logger.info({ workspace_id: id, settings: toWorkspaceSettingsDto(settings) }, 'limits_replaced');
    return this.ofWorkspace(id);
  }

  /** @throws NotFoundError */
  async replaceOfKey(publicId: string, settings: KeyLimitSettings): Promise<ApiKeyLimitsDto> {
    await this.rescaling.run([await this.settings.replaceOfKey(publicId, settings)]);
    this.logger.info({ key_id: publicId, settings: toKeySettingsDto(settings) }, 'limits_replaced');
    return this.ofKey(publicId);
  }

  /**
   * Begins a workspace's day anew. Redis first: the moment must be one of its clock, which says when a call was admitted, and
   * only the script knows it. If we die in between, the ledger counts as before and the next reconciliation takes the reset
   * back: the caller had no answer, and may ask again. In the other order the ledger would have written off what Redis still
   * counts, at a moment that another clock made up.
   * @throws NotFoundError · RedisUnavailableError (503), nothing changed · DatabaseUnavailableError (503), to be repeated
   */
  async resetQuota(id: string): Promise<DailyTokensLimitDto> {
    const { workspace } = await this.settings.ofWorkspace(id);
    const at = await this.quota.run(workspace.id);
    await this.settings.noteQuotaReset(workspace.id, at);
    this.logger.info({ workspace_id: workspace.id, quota_reset_at: at.toISOString() }, 'quota_reset');
    return (await this.ofWorkspace(id)).limits.daily_tokens;
  }
}
