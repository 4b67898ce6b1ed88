import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { Database } from '#database';
import { metrics } from '#observability';
import { Embedders } from '../embedding/embedders.js';
import { EmbeddingSpaces } from '../spaces/embedding-spaces.js';
import { FillRepository } from '../spaces/fill.repository.js';
import type { StoredSpace } from '../spaces/stored-space.js';
import { maxAttempts } from '../spaces/vector.repository.js';
import { type EmbeddedRows, embedRows } from './embed-rows.js';
import { type ClaimedRow, EmbedRepository } from './embed.repository.js';

/** Rows per call of the embedder: large enough for its throughput, small beside a claim's time. */
const batchSize = 32;

/** Embeds pending rows in batches. Many workers may do so at once: no row is embedded by two. */
@Injectable()
export class EmbedService {
  constructor(
    private readonly database: Database,
    private readonly spaces: EmbeddingSpaces,
    private readonly embedders: Embedders,
    private readonly fills: FillRepository,
    private readonly repository: EmbedRepository,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(EmbedService.name);
  }

  /**
   * Embeds what is pending of these items in the active space, and has them filled in the others.
   * @returns rows embedded
   * @throws EmbeddingUnavailableError when the embedder is away; the rows stay pending
   */
  async embedItems(workspaceId: string, itemIds: string[]): Promise<number> {
    for (let embedded = 0; ;) {
      const { claimed, done } = await this.embedBatch(workspaceId, itemIds);
      if (claimed === 0) return embedded;
      embedded += done;
    }
  }

  /**
   * One batch of that.
   * @param itemIds null: whatever is pending in the workspace
   * @returns rows taken in hand, and rows embedded
   */
  async embedBatch(
    workspaceId: string,
    itemIds: string[] | null,
  ): Promise<{ claimed: number; done: number }> {
    const space = await this.spaces.active();
    // First, so that the other spaces get them even while the active one's embedder is away.
    await this.database.asSystem((scope) => this.fills.want(scope, workspaceId, space.id));
    const rows = await this.database.inWorkspace(workspaceId, (scope) =>
      this.repository.claim(scope, itemIds, batchSize),
    );
    if (rows.length === 0) return { claimed: 0, done: 0 };
    return { claimed: rows.length, done: await this.embedClaimed(workspaceId, space, rows) };
  }

  private async embedClaimed(workspaceId: string, space: StoredSpace, rows: ClaimedRow[]): Promise<number> {
    try {
      const embedded = await this.embed(space, rows);
      await this.store(workspaceId, space, rows, embedded);
      return embedded.done.length;
    } catch (error) {
      // An embedder or a store that is away is no fault of the texts: they cost no attempt and wait for the next time.
      await this.database.inWorkspace(workspaceId, (scope) => this.repository.release(scope, rows));
      throw error;
    }
  }

  private async embed(space: StoredSpace, rows: ClaimedRow[]): Promise<EmbeddedRows<ClaimedRow>> {
    const stop = metrics.context.embeddingDuration.startTimer({ purpose: 'passage' });
    const embedded = await embedRows(this.embedders.of(space), rows, 'passage');
    stop();
    return embedded;
  }

  private async store(
    workspaceId: string,
    space: StoredSpace,
    rows: ClaimedRow[],
    { done, failed }: EmbeddedRows<ClaimedRow>,
  ): Promise<void> {
    const vectors = done.map(({ row: { id }, vector }) => ({ id, vector }));
    const isFinal = ({ attempts }: ClaimedRow) => attempts + 1 >= maxAttempts;
    await this.database.inWorkspace(workspaceId, async (scope) => {
      await this.repository.store(scope, rows[0]?.claimId ?? '', space, vectors);
      for (const { row, error } of failed) await this.repository.fail(scope, row, error, isFinal(row));
    });
    for (const { row, error } of failed) {
      const fields = {
        workspace_id: workspaceId,
        item_id: row.id,
        attempt: row.attempts + 1,
        final: isFinal(row),
      };
      this.logger.warn({ ...fields, exception: error }, 'embedding_failed');
    }
  }
}
