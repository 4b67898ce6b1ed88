import { Injectable } from '@nestjs/common';
import { InvalidRequestError, newId, sha256, systemClock } from '#common';
import { AppConfig } from '#config';
import { Database } from '#database';
import { JobProducer } from '#queues';
import { checkNewItem } from '../ingest/item-check.js';
import type { NewItem } from '../ingest/new-item.js';
import { prepareItem } from '../ingest/prepared-item.js';
import { TextWriter, type WrittenText } from '../ingest/text-writer.js';
import type { ContextJob } from '../jobs/context-job.js';
import { JobRepository, type JobRecord } from '../jobs/job.repository.js';
import { JobService } from '../jobs/job.service.js';
import { addCounts, type RedactionCounts } from '../redaction/pii-class.js';
import { RedactionService } from '../redaction/redaction.service.js';

/** Most items of one import; each is locked while its batch is written, and a job names them all. */
export const maxImport = 10_000;
/** Items written in one transaction. */
const batchSize = 100;
/** Items named in one message of the queue. */
const itemsPerMessage = 200;

/** What became of an import. */
export interface ImportResult {
  job: ContextJob;
  imported: number;
  /** Were there already, and stay as they are. */
  duplicates: number;
  /** Had expired before they came. */
  expired: number;
}

/** Takes exported items in. */
@Injectable()
export class ImportService {
  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly writer: TextWriter,
    private readonly jobs: JobRepository,
    private readonly progress: JobService,
    private readonly redaction: RedactionService,
    private readonly queue: JobProducer,
  ) {}

  /**
   * Stores what is not there yet and changes nothing that is, so that importing again is safe, also after half an import. All
   * items are checked before the first is written.
   * @throws InvalidRequestError naming the item's path and field, DatabaseUnavailableError (import again)
   */
  async import(workspaceId: string, items: NewItem[]): Promise<ImportResult> {
    const now = new Date(systemClock.now());
    const alive = items.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now);
    this.check(items, alive, now);
    const written: WrittenText[] = [];
    let redacted: RedactionCounts = {};
    for (let from = 0; from < alive.length; from += batchSize) {
      const batch = await this.store(workspaceId, alive.slice(from, from + batchSize), now);
      written.push(...batch.written);
      redacted = addCounts(redacted, batch.redacted);
    }
    const fresh = written.filter(({ duplicate }) => !duplicate).map(({ id }) => id);
    this.nudge(workspaceId, fresh);
    return {
      job: await this.report(workspaceId, [...new Set(written.map(({ id }) => id))], redacted, now),
      imported: fresh.length,
      duplicates: alive.length - fresh.length,
      expired: items.length - alive.length,
    };
  }

  private check(items: NewItem[], alive: NewItem[], now: Date): void {
    if (items.length === 0) throw new InvalidRequestError('There is nothing to import in this request');
    if (items.length > maxImport) {
      throw new InvalidRequestError(`An import may hold at most ${maxImport} items, not ${items.length}`);
    }
    for (const item of alive) checkNewItem(item, this.config.memory.CONTEXT_MAX_CONTENT_CHARS, now);
  }

  private store(
    workspaceId: string,
    items: NewItem[],
    now: Date,
  ): Promise<{ written: WrittenText[]; redacted: RedactionCounts }> {
    return this.database.inWorkspace(workspaceId, async (scope) => {
      const redactor = await this.redaction.redactor(scope);
      const prepared = items.map((item) => prepareItem(redactor.item(item), now));
      return { written: await this.writer.write(scope, prepared, 'keep'), redacted: redactor.counts };
    });
  }

  private report(
    workspaceId: string,
    itemIds: string[],
    redacted: RedactionCounts,
    createdAt: Date,
  ): Promise<ContextJob> {
    const requestHash = sha256(itemIds.join());
    const record: JobRecord = { id: newId(), itemIds, fileId: null, redacted, requestHash, createdAt };
    return this.database.inWorkspace(workspaceId, async (scope) => {
      await this.jobs.insert(scope, { id: record.id, requestHash, idempotencyKey: undefined });
      await this.jobs.setItems(scope, record.id, itemIds, redacted);
      return (await this.progress.report(scope, record)).job;
    });
  }

  /** Not awaited: the rows are safe, and what the queue loses the sweeper finds. */
  private nudge(workspaceId: string, ids: string[]): void {
    for (let from = 0; from < ids.length; from += itemsPerMessage) {
      const item_ids = ids.slice(from, from + itemsPerMessage);
      void this.queue.add('context-memory', 'embed-items', { workspace_id: workspaceId, item_ids });
    }
  }
}
