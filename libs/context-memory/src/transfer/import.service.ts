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
import type { ImportedSet } from './exported-set.js';
import { SetImporter, withoutExpired } from './set-importer.js';

/** Most items of one import; each is locked while its batch is written, and a job names them all. */
export const maxImport = 10_000;
/** Items written in one transaction. */
const batchSize = 100;
/** Items named in one message of the queue. */
const itemsPerMessage = 200;

/** What an import brings. */
export interface Import {
  items: NewItem[];
  workingSets: ImportedSet[];
}

/** What became of an import. */
export interface ImportResult {
  job: ContextJob;
  imported: number;
  /** Were there already, and stay as they are. */
  duplicates: number;
  /** Had expired before they came. */
  expired: number;
  workingSets: { imported: number; duplicates: number };
}

/** Takes in what was exported. */
@Injectable()
export class ImportService {
  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly writer: TextWriter,
    private readonly sets: SetImporter,
    private readonly jobs: JobRepository,
    private readonly progress: JobService,
    private readonly redaction: RedactionService,
    private readonly queue: JobProducer,
  ) {}

  /**
   * Stores what is not there yet and changes nothing that is, so that importing again is safe, also after half an import. All
   * is checked before anything is written; working sets come last, so that their pins have their items.
   * @throws InvalidRequestError naming the path and field, TooManyWorkingSetsError, DatabaseUnavailableError (import again)
   */
  async import(workspaceId: string, { items, workingSets }: Import): Promise<ImportResult> {
    const now = new Date(systemClock.now());
    const alive = items.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now);
    this.checkItems(items, workingSets, alive, now);
    const sets = await this.checkSets(workspaceId, workingSets, items, alive, now);
    const written: WrittenText[] = [];
    let redacted: RedactionCounts = {};
    for (let from = 0; from < alive.length; from += batchSize) {
      const batch = await this.store(workspaceId, alive.slice(from, from + batchSize), now);
      written.push(...batch.written);
      redacted = addCounts(redacted, batch.redacted);
    }
    const setsMade = await this.storeSets(workspaceId, sets, alive, written);
    const fresh = written.filter(({ duplicate }) => !duplicate).map(({ id }) => id);
    this.nudge(workspaceId, fresh);
    return {
      job: await this.report(workspaceId, [...new Set(written.map(({ id }) => id))], redacted, now),
      imported: fresh.length,
      duplicates: alive.length - fresh.length,
      expired: items.length - alive.length,
      workingSets: { imported: setsMade, duplicates: workingSets.length - setsMade },
    };
  }

  private checkItems(items: NewItem[], workingSets: ImportedSet[], alive: NewItem[], now: Date): void {
    if (items.length + workingSets.length === 0) {
      throw new InvalidRequestError('There is nothing to import in this request');
    }
    if (items.length > maxImport) {
      throw new InvalidRequestError(`An import may hold at most ${maxImport} items, not ${items.length}`);
    }
    for (const item of alive) checkNewItem(item, this.config.memory.CONTEXT_MAX_CONTENT_CHARS, now);
  }

  private async checkSets(
    workspaceId: string,
    sets: ImportedSet[],
    items: NewItem[],
    alive: NewItem[],
    now: Date,
  ): Promise<ImportedSet[]> {
    if (sets.length === 0) return [];
    const all = new Set(items.map(exportedId));
    const coming = new Set(alive.map(exportedId));
    const lasting = sets.map((set) => withoutExpired(set, (id) => all.has(id) && !coming.has(id), now));
    return this.database.inWorkspace(workspaceId, (scope) =>
      this.sets.check(scope, lasting, (id) => coming.has(id)),
    );
  }

  private storeSets(
    workspaceId: string,
    sets: ImportedSet[],
    items: NewItem[],
    written: WrittenText[],
  ): Promise<number> {
    const ids = new Map(
      written.flatMap(({ id }, i): [string, string][] => {
        const item = items[i];
        const exported = item && exportedId(item);
        return exported === undefined ? [] : [[exported, id]];
      }),
    );
    return this.database.inWorkspace(workspaceId, (scope) => this.sets.store(scope, sets, ids));
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

const exportedId = ({ recorded }: NewItem): string | undefined => recorded?.id;
