import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { isJsonObject, type JsonObject, numberOf, stringOf } from '#common';
import { AppConfig } from '#config';
import { type JsonAnswer, JsonTransport } from './json-transport.js';
import { UpstreamError } from './openrouter.errors.js';
import { requestHeaders } from './request-headers.js';
import { costIn, decimalText, type TokenUsage, usageIn } from './token-usage.js';
import { UpstreamJournal } from './upstream-journal.js';

/** One entry of the upstream's model list; only the id is certain. */
export type UpstreamModel = JsonObject & { id: string };

/** Embeddings; the body is forwarded as it is, so that floats and base64 stay byte-true. */
export interface EmbeddingsAnswer extends JsonAnswer {
  model: string | undefined;
  usage: TokenUsage | undefined;
  /** USD, a plain decimal. */
  cost: string | undefined;
}

/** What OpenRouter knows of a finished or cancelled call: the truth that estimates are corrected by. */
export interface GenerationRecord {
  usage: TokenUsage | undefined;
  /** USD, a plain decimal. */
  cost: string | undefined;
  cancelled: boolean;
}

const shortMs = 10_000;
const pingMs = 2_000;
const longestEmbeddingsMs = 60_000;
/** OpenRouter lists models in pages; a list that never ends is a broken one. */
const mostPages = 20;

/**
 * The upstream's calls whose latency is not the product (docs/adr/0003-two-outbound-clients.md). All throw UpstreamError,
 * or ClientGoneError when their signal aborted.
 */
@Injectable()
export class OpenRouterApi implements OnApplicationShutdown {
  private readonly baseUrl: string;
  private readonly transport: JsonTransport;
  private readonly embeddingsMs: number;

  constructor({ openrouter }: AppConfig, journal: UpstreamJournal) {
    // Somebody waits for them, so they take no longer than any call may.
    this.embeddingsMs = Math.min(longestEmbeddingsMs, openrouter.OPENROUTER_TOTAL_TIMEOUT_MS);
    this.baseUrl = openrouter.OPENROUTER_BASE_URL.replace(/\/+$/, '');
    this.transport = new JsonTransport(requestHeaders(openrouter), journal);
  }

  /** Every model the upstream offers, but those of `embeddingModels`. */
  models(): Promise<UpstreamModel[]> {
    return this.list('/models');
  }

  /** OpenRouter lists the models that make embeddings by themselves; other upstreams know no such list, and answer 404. */
  embeddingModels(): Promise<UpstreamModel[]> {
    return this.list('/embeddings/models');
  }

  /**
   * @param body the request as JSON, sent as it is
   * @param model for the log
   * @param withinMs when there is less time than such a call may take
   */
  async embeddings(
    body: Buffer | string,
    model?: string,
    signal?: AbortSignal,
    withinMs = Infinity,
  ): Promise<EmbeddingsAnswer> {
    const answer = await this.transport.call({
      operation: 'embeddings',
      method: 'POST',
      url: `${this.baseUrl}/embeddings`,
      data: body,
      timeoutMs: Math.max(1, Math.min(this.embeddingsMs, Math.ceil(withinMs))),
      model,
      signal,
    });
    const { parsed } = answer;
    if (!Array.isArray(parsed['data'])) throw new UpstreamError('malformed');
    return { ...answer, model: stringOf(parsed['model']), usage: usageIn(parsed), cost: costIn(parsed) };
  }

  /** @param id a completion's id, `gen-…` */
  async generation(id: string): Promise<GenerationRecord> {
    const url = `${this.baseUrl}/generation`;
    const { parsed } = await this.transport.call({
      operation: 'generation',
      url,
      params: { id },
      timeoutMs: shortMs,
    });
    const data = parsed['data'];
    if (!isJsonObject(data)) throw new UpstreamError('malformed');
    const cost = numberOf(data['total_cost']);
    const counts = {
      prompt_tokens: data['native_tokens_prompt'] ?? data['tokens_prompt'],
      completion_tokens: data['native_tokens_completion'] ?? data['tokens_completion'],
    };
    return {
      usage: usageIn({ usage: counts }),
      cost: cost === undefined ? undefined : decimalText(cost),
      cancelled: data['cancelled'] === true,
    };
  }

  /**
   * For health checks. HEAD, because the list itself is large; an upstream that knows only GET there is alive as well.
   *
   * @returns milliseconds
   */
  async ping(): Promise<number> {
    const startedAt = performance.now();
    const url = `${this.baseUrl}/models`;
    await this.transport.call({
      operation: 'ping',
      method: 'HEAD',
      url,
      timeoutMs: pingMs,
      goodStatuses: [404, 405],
    });
    return performance.now() - startedAt;
  }

  onApplicationShutdown(): void {
    this.transport.close();
  }

  private async list(path: string): Promise<UpstreamModel[]> {
    const models: UpstreamModel[] = [];
    let next: string | undefined = this.baseUrl + path;
    for (let page = 0; next !== undefined && page < mostPages; page += 1) {
      const { parsed } = await this.transport.call({ operation: 'models', url: next, timeoutMs: shortMs });
      if (!Array.isArray(parsed['data'])) throw new UpstreamError('malformed');
      models.push(...parsed['data'].filter(isModel));
      next = this.nextPage(next, parsed);
    }
    return models;
  }

  /** The link to the next page, if it stays on the upstream's own origin: our key goes with it. */
  private nextPage(current: string, parsed: JsonObject): string | undefined {
    const link = isJsonObject(parsed['links']) ? stringOf(parsed['links']['next']) : undefined;
    if (!link || !URL.canParse(link, current)) return undefined;
    const url = new URL(link, current);
    return url.origin === new URL(this.baseUrl).origin && url.href !== current ? url.href : undefined;
  }
}

const isModel = (value: unknown): value is UpstreamModel =>
  isJsonObject(value) && typeof value['id'] === 'string' && value['id'] !== '';
