import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AppConfig } from '#config';
import { Database } from '#database';
import { metrics } from '#observability';
import { OpenRouterApi } from '#openrouter';
import { judgeList } from './list-verdict.js';
import { type CatalogueState, ModelRepository } from './model.repository.js';
import { fetchLists, type UpstreamLists } from './upstream-lists.js';
import { upstreamName } from './upstream-name.js';

/** Brings the stored catalogue up to date with the upstream's lists. */
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
   * Fetches the lists and stores them, unless they cannot be believed (see judgeList): then what is stored stays. That of
   * embeddings is judged for itself, and never in the other one's way.
   * @throws UpstreamError, DatabaseUnavailableError; nothing was stored then
   */
  async sync(): Promise<void> {
    try {
      const lists = await fetchLists(this.api);
      const { listed } = lists;
      const { verdict, known, embeddings } = await this.store(lists);
      const outcome = verdict === 'good' ? 'synced' : 'refused';
      metrics.models.syncs.inc({ outcome });
      if (verdict === 'good') this.logger.info({ outcome, models: listed.length, embeddings }, 'model_sync');
      else this.logger.warn({ outcome, reason: verdict, models: listed.length, known }, 'model_sync');
    } catch (error) {
      metrics.models.syncs.inc({ outcome: 'failed' });
      this.logger.warn({ outcome: 'failed', exception: String(error) }, 'model_sync');
      throw error;
    }
  }

  private store({ listed, embeddings }: UpstreamLists) {
    return this.database.asSystem(async (scope) => {
      await this.models.lock(scope);
      const state = await this.models.state(scope);
      const isOurs = state?.upstream === this.upstream;
      const known = isOurs ? state.models : 0;
      const verdict = judgeList({ known, listed: listed.length, ageMs: isOurs ? state.ageMs : 0 });
      const isBelieved = embeddings !== undefined && believes(embeddings.length, isOurs ? state : undefined);
      const models = isBelieved ? [...listed, ...embeddings] : listed;
      if (verdict === 'good') await this.models.replace(scope, this.upstream, models, !isBelieved);
      return { verdict, known, embeddings: isBelieved ? embeddings.length : 'kept' };
    });
  }
}

/** Is a list of embeddings to be believed? */
const believes = (listed: number, state?: CatalogueState): boolean =>
  judgeList({ known: state?.embeddings ?? 0, listed, ageMs: state?.embeddingsAgeMs ?? 0 }) === 'good';
