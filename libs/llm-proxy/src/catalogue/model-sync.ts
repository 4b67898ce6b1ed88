import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AppConfig } from '#config';
import { Database } from '#database';
import { metrics } from '#observability';
import { OpenRouterApi } from '#openrouter';
import { type CatalogueModel, readModels } from './catalogue-model.js';
import { judgeList } from './list-verdict.js';
import { ModelRepository } from './model.repository.js';
import { upstreamName } from './upstream-name.js';

/** Brings the stored catalogue up to date with the upstream's list. */
@Injectable()
export class ModelSync {
  private readonly upstream: string;

  constructor(
    { openrouter }: AppConfig,
    private readonly api: OpenRouterApi,
    private readonly database: Database,
    private readonly models: ModelRepository,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(ModelSync.name);
    this.upstream = upstreamName(openrouter.OPENROUTER_BASE_URL);
  }

  /**
   * Fetches the list and stores it, unless it cannot be believed (see judgeList): then what is stored stays.
   * @throws UpstreamError, DatabaseUnavailableError; nothing was stored then
   */
  async sync(): Promise<void> {
    try {
      const listed = readModels(await this.api.models());
      const { verdict, known } = await this.store(listed);
      const outcome = verdict === 'good' ? 'synced' : 'refused';
      metrics.models.syncs.inc({ outcome });
      if (verdict === 'good') this.logger.info({ outcome, models: listed.length }, 'model_sync');
      else this.logger.warn({ outcome, reason: verdict, models: listed.length, known }, 'model_sync');
    } catch (error) {
      metrics.models.syncs.inc({ outcome: 'failed' });
      this.logger.warn({ outcome: 'failed', exception: String(error) }, 'model_sync');
      throw error;
    }
  }

  private store(listed: CatalogueModel[]) {
    return this.database.asSystem(async (scope) => {
      await this.models.lock(scope);
      const state = await this.models.state(scope);
      const isOurs = state?.upstream === this.upstream;
      const known = isOurs ? state.models : 0;
      const verdict = judgeList({ known, listed: listed.length, ageMs: isOurs ? state.ageMs : 0 });
      if (verdict === 'good') await this.models.replace(scope, this.upstream, listed);
      return { verdict, known };
    });
  }
}
