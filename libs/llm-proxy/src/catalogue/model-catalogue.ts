import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AppConfig } from '#config';
import { Database } from '#database';
import { metrics } from '#observability';
import { OpenRouterApi } from '#openrouter';
import {
  type CatalogueModel,
  isForEmbeddings,
  type ListedModel,
  readModel,
  toListedModel,
} from './catalogue-model.js';
import type { ModelFacts } from '../attempts/model-facts.js';
import { CatalogueSnapshot } from './catalogue-snapshot.js';
import { judgeList } from './list-verdict.js';
import { ModelRepository } from './model.repository.js';
import { ModelNotFoundError } from '../llm-proxy.errors.js';
import { fetchLists } from './upstream-lists.js';
import { upstreamName } from './upstream-name.js';

/** How often the stored catalogue is looked at for news, at most. */
const longestLookMs = 10_000;

/**
 * The upstream's models in this process's memory. The worker stores them; a look at their version, every few seconds and
 * beside all requests, says when to load them anew. Where no worker does (an empty database, one that is away, a catalogue
 * twice as old as MODEL_CATALOGUE_TTL_SECONDS) the list is fetched here. Once there is a list nobody waits for the next.
 */
@Injectable()
export class ModelCatalogue implements ModelFacts, OnApplicationBootstrap, OnModuleDestroy {
  private readonly ttlMs: number;
  private readonly upstream: string;
  private snapshot: CatalogueSnapshot | undefined;
  /** Of the stored catalogue that was loaded last. */
  private version: string | undefined;
  private refreshing: Promise<void> | undefined;
  private fetchAt = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    { openrouter }: AppConfig,
    private readonly api: OpenRouterApi,
    private readonly database: Database,
    private readonly models: ModelRepository,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(ModelCatalogue.name);
    this.ttlMs = openrouter.MODEL_CATALOGUE_TTL_SECONDS * 1_000;
    this.upstream = upstreamName(openrouter.OPENROUTER_BASE_URL);
  }

  /** The first list is loaded beside the start: an upstream that is away must not hold it up. */
  onApplicationBootstrap(): void {
    const look = () => void this.refresh().catch(() => undefined);
    look();
    this.timer = setInterval(look, Math.min(this.ttlMs, longestLookMs));
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /**
   * What is known of a model now: for prices, windows, vendors. Never waits, never fetches.
   * @param id as requests and answers name it, `openai/gpt-5:nitro`
   */
  find(id: string): CatalogueModel | undefined {
    return this.snapshot?.find(id);
  }

  /** Never fetches. */
  contextLength(id: string): number | undefined {
    return this.find(id)?.contextLength ?? undefined;
  }

  /** In the upstream's order. @throws UpstreamError while no list was ever had and none can be. */
  async list(): Promise<ListedModel[]> {
    return (await this.current()).listed.map(toListedModel);
  }

  /**
   * @param id may hold slashes, `openai/gpt-5`
   * @throws ModelNotFoundError; UpstreamError as `list` does.
   */
  async get(id: string): Promise<ListedModel> {
    const model = (await this.current()).findListed(id);
    if (model === undefined) throw new ModelNotFoundError(id);
    return toListedModel(model);
  }

  /** Looks for news now. Those who ask meanwhile share one look. @throws UpstreamError as `list` does. */
  refresh(): Promise<void> {
    this.refreshing ??= this.load().finally(() => {
      this.refreshing = undefined;
    });
    return this.refreshing;
  }

  private async current(): Promise<CatalogueSnapshot> {
    if (this.snapshot === undefined) await this.refresh();
    if (this.snapshot === undefined) throw new Error('A refresh that ends well leaves a list');
    return this.snapshot;
  }

  private async load(): Promise<void> {
    await this.loadStored();
    const isStale = this.snapshot === undefined || Date.now() - this.snapshot.asOf >= 2 * this.ttlMs;
    if (isStale && (this.snapshot === undefined || Date.now() >= this.fetchAt)) await this.fetch();
  }

  /** A database that is away costs nothing but the news. */
  private async loadStored(): Promise<void> {
    try {
      await this.database.asSystem(async (scope) => {
        const state = await this.models.state(scope);
        if (state?.upstream !== this.upstream || state.version === this.version) return;
        const rows = await this.models.list(scope);
        const models = rows.map(({ entry, vanished }) => ({ model: readModel(entry), vanished }));
        const isListed = ({ model, vanished }: (typeof models)[number]) =>
          !vanished && !isForEmbeddings(model);
        const listed = models.filter(isListed).map(({ model }) => model);
        const others = models.filter((each) => !isListed(each)).map(({ model }) => model);
        this.version = state.version;
        this.adopt(new CatalogueSnapshot(listed, others, Date.now() - state.ageMs), 'database');
      });
    } catch (error) {
      this.note('failed', { source: 'database', exception: String(error) });
    }
  }

  private async fetch(): Promise<void> {
    this.fetchAt = Date.now() + this.ttlMs;
    try {
      const { listed, embeddings } = await fetchLists(this.api);
      const known = this.snapshot?.listed.length ?? 0;
      const ageMs = Date.now() - (this.snapshot?.asOf ?? 0);
      const verdict = judgeList({ known, listed: listed.length, ageMs });
      const others = embeddings?.length ? embeddings : (this.snapshot?.unlisted ?? []);
      if (verdict === 'good') this.adopt(new CatalogueSnapshot(listed, others, Date.now()), 'upstream');
      else this.note('refused', { source: 'upstream', reason: verdict, models: listed.length, known });
    } catch (error) {
      this.note('failed', { source: 'upstream', exception: String(error) });
      if (this.snapshot === undefined) throw error;
    }
  }

  private adopt(snapshot: CatalogueSnapshot, source: 'database' | 'upstream'): void {
    this.snapshot = snapshot;
    metrics.models.listed.set(snapshot.listed.length);
    metrics.models.asOf.set(snapshot.asOf / 1_000);
    this.note('loaded', { source, models: snapshot.listed.length });
  }

  private note(outcome: 'loaded' | 'refused' | 'failed', fields: object): void {
    metrics.models.syncs.inc({ outcome });
    this.logger[outcome === 'loaded' ? 'info' : 'warn']({ outcome, ...fields }, 'model_sync');
  }
}
