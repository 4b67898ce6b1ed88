import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AppConfig } from '#config';
import { Database } from '#database';
import { metrics } from '#observability';
import { JobProducer } from '#queues';
import { fileClaimSeconds } from '../files/file.repository.js';
import { RemovalService } from '../spaces/removal.service.js';
import { SweepRepository } from './sweep.repository.js';
import { TermCountRepository } from './term-count.repository.js';
import { VectorIndexService } from './vector-index.service.js';

/** A row that has waited so long was lost by the queue, or is behind a backlog, where a second nudge does no harm. */
const waitingMs = 15_000;
const rowsPerSweep = 2_000;
const itemsPerJob = 200;
const filesPerSweep = 100;
/** Changes of counts added up in one transaction, and transactions in a sweep: what is left waits for the next one. */
const changesAtOnce = 20_000;
const roundsPerSweep = 10;

/** Picks up what a crash or a lost queue left behind, and puts away what is over. */
@Injectable()
export class SweepService {
  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly repository: SweepRepository,
    private readonly terms: TermCountRepository,
    private readonly indexes: VectorIndexService,
    private readonly removal: RemovalService,
    private readonly queue: JobProducer,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(SweepService.name);
  }

  /**
   * One round over all workspaces.
   * @param olderThanMs how long a row must have waited to be queued again
   */
  async sweep(olderThanMs = waitingMs): Promise<void> {
    const claimSeconds = fileClaimSeconds(this.config.memory.CONTEXT_FILE_TIMEOUT_MS);
    const swept = await this.database.asSystem(async (scope) => ({
      waiting: await this.repository.takeWaiting(scope, olderThanMs, rowsPerSweep),
      files: await this.repository.takeWaitingFiles(scope, olderThanMs, filesPerSweep, claimSeconds),
      expired: await this.repository.deleteExpired(scope, rowsPerSweep),
      pending: await this.repository.countPending(scope),
    }));
    metrics.context.itemsPending.set(swept.pending);
    for (const { workspaceId, itemIds } of swept.waiting) {
      for (let from = 0; from < itemIds.length; from += itemsPerJob) {
        const item_ids = itemIds.slice(from, from + itemsPerJob);
        await this.queue.add('context-memory', 'embed-items', { workspace_id: workspaceId, item_ids });
      }
    }
    for (const { workspaceId, fileId } of swept.files) {
      await this.queue.add('context-files', 'parse-file', { workspace_id: workspaceId, file_id: fileId });
    }
    await this.database.asSystem((scope) => this.repository.dropFiles(scope));
    const requeued = swept.waiting.reduce((sum, { itemIds }) => sum + itemIds.length, 0);
    if (requeued + swept.expired > 0) {
      const { expired, pending } = swept;
      this.logger.info({ requeued, expired, pending }, 'context_items_swept');
    }
    await this.addUpTermCounts();
    await this.removal.run();
    await this.indexes.ensure();
  }

  private async addUpTermCounts(): Promise<void> {
    for (let round = 0; round < roundsPerSweep; round++) {
      const taken = await this.database.asSystem((scope) => this.terms.compact(scope, changesAtOnce));
      if (taken < changesAtOnce) return;
    }
  }
}
