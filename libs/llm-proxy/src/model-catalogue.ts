import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { numberOf } from '#common';
import { AppConfig } from '#config';
import { OpenRouterApi, type UpstreamModel } from '#openrouter';
import type { ModelFacts } from './attempts/model-facts.js';
import { ModelNotFoundError } from './llm-proxy.errors.js';

/** A model as OpenAI's list shows it, with whatever else the upstream tells of it. */
export type CatalogueModel = UpstreamModel & { object: 'model'; created: number; owned_by: string };

/** After a failed refresh the upstream is left alone for so long. */
const retryMs = 5_000;

/**
 * The upstream's models, fetched when they are asked for and older than MODEL_CATALOGUE_TTL_SECONDS. Once there is a list
 * nobody waits for the next: it is fetched beside, once at a time, and only a good one replaces it.
 */
@Injectable()
export class ModelCatalogue implements OnApplicationBootstrap, ModelFacts {
  private readonly ttlMs: number;
  private models: ReadonlyMap<string, CatalogueModel> | undefined;
  private refreshing: Promise<ReadonlyMap<string, CatalogueModel>> | undefined;
  private freshUntil = 0;

  constructor(
    config: AppConfig,
    private readonly api: OpenRouterApi,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(ModelCatalogue.name);
    this.ttlMs = config.openrouter.MODEL_CATALOGUE_TTL_SECONDS * 1_000;
  }

  /** The first list is fetched beside the start: an upstream that is away must not hold it up. */
  onApplicationBootstrap(): void {
    this.refresh().catch(() => undefined);
  }

  /** @throws UpstreamError while no list was ever fetched and none can be. */
  async list(): Promise<CatalogueModel[]> {
    return [...(await this.current()).values()];
  }

  /**
   * @param id may hold slashes, `openai/gpt-5`
   * @throws ModelNotFoundError; UpstreamError as `list` does.
   */
  async get(id: string): Promise<CatalogueModel> {
    const model = (await this.current()).get(id);
    if (model === undefined) throw new ModelNotFoundError(id);
    return model;
  }

  /**
   * What the last list says of a model; never fetches.
   * @param name its id or, as answers may have it, its dated name (`canonical_slug`)
   */
  known(name: string): CatalogueModel | undefined {
    return this.models?.get(name) ?? this.models?.values().find((model) => model['canonical_slug'] === name);
  }

  /** What a key may use of the list; null means all of it. */
  async forKey(allowed: readonly string[] | null): Promise<CatalogueModel[]> {
    return (await this.list()).filter(({ id }) => allowed === null || allowed.includes(id));
  }

  /** Of the list as it is; nobody waits for a newer one. */
  contextLength(id: string): number | undefined {
    return numberOf(this.models?.get(id)?.['context_length']);
  }

  private async current(): Promise<ReadonlyMap<string, CatalogueModel>> {
    if (this.models === undefined) return this.refresh();
    if (Date.now() >= this.freshUntil) this.refresh().catch(() => undefined);
    return this.models;
  }

  private refresh(): Promise<ReadonlyMap<string, CatalogueModel>> {
    this.refreshing ??= this.fetch().finally(() => {
      this.refreshing = undefined;
    });
    return this.refreshing;
  }

  private async fetch(): Promise<ReadonlyMap<string, CatalogueModel>> {
    try {
      const models = new Map((await this.api.models()).map((model) => [model.id, withDefaults(model)]));
      if (models.size === 0 && this.models !== undefined) throw new Error('The upstream listed no models');
      this.models = models;
      this.logger.info({ outcome: 'synced', models: models.size }, 'model_sync');
      this.freshUntil = Date.now() + this.ttlMs;
      return models;
    } catch (error) {
      this.freshUntil = Date.now() + Math.min(this.ttlMs, retryMs);
      this.logger.warn({ outcome: 'failed', exception: String(error) }, 'model_sync');
      throw error;
    }
  }
}

function withDefaults(model: UpstreamModel): CatalogueModel {
  const { created, owned_by: owner } = model;
  return {
    ...model,
    object: 'model',
    created: typeof created === 'number' ? created : 0,
    owned_by: typeof owner === 'string' ? owner : (model.id.split('/')[0] ?? model.id),
  };
}
