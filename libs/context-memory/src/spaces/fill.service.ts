import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { Database } from '#database';
import { metrics } from '#observability';
import { EmbeddingUnavailableError } from '../context-memory.errors.js';
import { Embedders } from '../embedding/embedders.js';
import { type EmbeddedRows, embedRows } from '../indexing/embed-rows.js';
import { EmbeddingSpaces } from './embedding-spaces.js';
import { FillRepository, type FillTurn } from './fill.repository.js';
import type { StoredSpace } from './stored-space.js';
import { type UnfilledRow, VectorRepository } from './vector.repository.js';

/** Rows in one turn of a workspace: large enough for an embedder's throughput, small beside a lease. */
const batchSize = 32;
/** How long a run goes on before it lets other jobs have their turn. */
const runMs = 4_000;

/**
 * Gives what is stored its vectors in the other spaces, workspace after workspace, a batch each. What is missing is read from
 * the rows, so a worker that dies leaves nothing to mend; many workers may fill at once.
 */
@Injectable()
export class FillService {
  constructor(
    private readonly database: Database,
    private readonly spaces: EmbeddingSpaces,
    private readonly embedders: Embedders,
    private readonly fills: FillRepository,
    private readonly vectors: VectorRepository,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(FillService.name);
  }

  /** Fills for a few seconds, or until nothing is missing. @returns rows filled */
  async run(forMs = runMs): Promise<number> {
    const end = performance.now() + forMs;
    let filled = 0;
    while (performance.now() < end) {
      const turn = await this.database.asSystem((scope) => this.fills.take(scope));
      if (!turn) break;
      filled += await this.serve(turn);
    }
    metrics.context.fillsWaiting.set(await this.database.asSystem((scope) => this.fills.countWaiting(scope)));
    return filled;
  }

  private async serve(turn: FillTurn): Promise<number> {
    const space = await this.spaces.byId(turn.spaceId);
    if (!space || space.status === 'retired') return this.end(turn, 0);
    const rows = await this.database.inWorkspace(turn.workspaceId, (scope) =>
      this.vectors.missing(scope, space, batchSize),
    );
    if (rows.length === 0) return this.finish(turn, space);
    const embedded = await this.embed(turn, space, rows);
    if (!embedded) return 0;
    await this.keep(turn.workspaceId, space, embedded);
    return this.end(turn, embedded.done.length);
  }

  /** @returns undefined when the embedder is away: then the turn is over */
  private async embed(
    turn: FillTurn,
    space: StoredSpace,
    rows: UnfilledRow[],
  ): Promise<EmbeddedRows<UnfilledRow> | undefined> {
    const stop = metrics.context.embeddingDuration.startTimer({ purpose: 'fill' });
    try {
      return await embedRows(this.embedders.of(space), rows, 'fill');
    } catch (error) {
      if (!(error instanceof EmbeddingUnavailableError)) throw error;
      const { workspaceId, spaceId } = turn;
      const fields = { workspace_id: workspaceId, space_id: spaceId, model: space.model };
      this.logger.warn({ ...fields, exception: String(error) }, 'embedding_fill_paused');
      await this.database.asSystem((scope) => this.fills.pause(scope, turn));
      return undefined;
    } finally {
      stop();
    }
  }

  private async keep(
    workspaceId: string,
    space: StoredSpace,
    { done, failed }: EmbeddedRows<UnfilledRow>,
  ): Promise<void> {
    await this.database.inWorkspace(workspaceId, async (scope) => {
      await this.vectors.store(scope, space, done);
      for (const { row, error } of failed) await this.vectors.fail(scope, space, row, error);
    });
    metrics.context.itemsFilled.inc({ outcome: 'filled' }, done.length);
    metrics.context.itemsFilled.inc({ outcome: 'failed' }, failed.length);
    for (const { row, error } of failed) {
      const fields = { workspace_id: workspaceId, item_id: row.id, space_id: space.id, exception: error };
      this.logger.warn(fields, 'embedding_fill_failed');
    }
  }

  private async end(turn: FillTurn, filled: number): Promise<number> {
    await this.database.asSystem((scope) => this.fills.release(scope, turn));
    return filled;
  }

  private async finish(turn: FillTurn, { id, provider, model, dimensions }: StoredSpace): Promise<number> {
    const isFilled = await this.database.asSystem((scope) => this.fills.finish(scope, turn));
    if (isFilled) {
      this.logger.info({ space_id: id, provider, model, dimensions }, 'embedding_space_filled');
    }
    return 0;
  }
}
