import { Inject, Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { Database } from '#database';
import { metrics } from '#observability';
import { EMBEDDER } from '../embedding/embedder.token.js';
import type { Embedder } from '../embedding/embedder.port.js';
import { EmbeddingSpaceRepository } from './embedding-space.repository.js';
import { type ClaimedRow, EmbedRepository } from './embed.repository.js';
import { vectorLiteral } from './vector-literal.js';

/** Rows per call of the embedder: large enough for its throughput, small beside a claim's time. */
const batchSize = 32;
/** A text that is refused so often, by an embedder that takes others, is given up and says why. */
const maxAttempts = 5;

/** Embeds pending rows in batches. Many workers may do so at once: no row is embedded by two. */
@Injectable()
export class EmbedService {
  constructor(
    private readonly database: Database,
    @Inject(EMBEDDER) private readonly embedder: Embedder,
    private readonly spaces: EmbeddingSpaceRepository,
    private readonly repository: EmbedRepository,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(EmbedService.name);
  }

  /**
   * Embeds what is pending of these items.
   * @returns rows embedded
   * @throws EmbeddingUnavailableError when the embedder is away; the rows stay pending
   */
  async embedItems(workspaceId: string, itemIds: string[]): Promise<number> {
    const spaceId = await this.spaces.idOf(this.embedder.space);
    for (let embedded = 0; ;) {
      const rows = await this.database.inWorkspace(workspaceId, (scope) =>
        this.repository.claim(scope, itemIds, batchSize),
      );
      if (rows.length === 0) return embedded;
      embedded += await this.embedBatch(workspaceId, spaceId, rows);
    }
  }

  private async embedBatch(workspaceId: string, spaceId: number, rows: ClaimedRow[]): Promise<number> {
    let vectors: string[];
    try {
      vectors = await this.embed(rows);
    } catch (error) {
      await this.assertEmbedderWorks(workspaceId, rows);
      if (rows.length > 1) return this.oneByOne(workspaceId, spaceId, rows);
      for (const row of rows) await this.fail(workspaceId, row, error);
      return 0;
    }
    await this.store(workspaceId, spaceId, rows, vectors);
    return rows.length;
  }

  /** One text may spoil its batch; alone it spoils nothing. */
  private async oneByOne(workspaceId: string, spaceId: number, rows: ClaimedRow[]): Promise<number> {
    let embedded = 0;
    for (const row of rows) embedded += await this.embedBatch(workspaceId, spaceId, [row]);
    return embedded;
  }

  private async embed(rows: ClaimedRow[]): Promise<string[]> {
    const stop = metrics.context.embeddingDuration.startTimer({ purpose: 'passage' });
    const texts = rows.map(({ text }) => text);
    const vectors = await this.embedder.embed(texts, 'passage');
    stop();
    const { dimensions } = this.embedder.space;
    return rows.map((_, i) => vectorLiteral(vectors[i] ?? [], dimensions));
  }

  /** A store that fails is no fault of the texts: they cost no attempt and are not embedded again one by one. */
  private async store(
    workspaceId: string,
    spaceId: number,
    rows: ClaimedRow[],
    vectors: string[],
  ): Promise<void> {
    const done = rows.map(({ id }, i) => ({ id, vector: vectors[i] ?? '' }));
    try {
      await this.database.inWorkspace(workspaceId, (scope) =>
        this.repository.store(scope, rows[0]?.claimId ?? '', spaceId, done),
      );
    } catch (error) {
      await this.database.inWorkspace(workspaceId, (scope) => this.repository.release(scope, rows));
      throw error;
    }
  }

  /** Tells a bad text from a dead embedder, which is not the rows' fault and costs them no attempt. */
  private async assertEmbedderWorks(workspaceId: string, rows: ClaimedRow[]): Promise<void> {
    try {
      await this.embedder.embed(['ready?'], 'passage');
    } catch (error) {
      await this.database.inWorkspace(workspaceId, (scope) => this.repository.release(scope, rows));
      throw error;
    }
  }

  private async fail(workspaceId: string, row: ClaimedRow, error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message.slice(0, 500) : 'unknown';
    const attempt = row.attempts + 1;
    const final = attempt >= maxAttempts;
    await this.database.inWorkspace(workspaceId, (scope) => this.repository.fail(scope, row, reason, final));
    const fields = { workspace_id: workspaceId, item_id: row.id, attempt, final };
    this.logger.warn({ ...fields, exception: reason }, 'embedding_failed');
  }
}
