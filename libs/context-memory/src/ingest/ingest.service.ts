import { Injectable } from '@nestjs/common';
import { InvalidRequestError, storable, systemClock } from '#common';
import { AppConfig } from '#config';
import { Database, type WorkspaceScope } from '#database';
import { JobProducer } from '#queues';
import { FileRepository } from '../files/file.repository.js';
import type { ItemStatus } from '../items/context-item.js';
import type { ContextJob } from '../jobs/context-job.js';
import { JobOpener } from '../jobs/job-opener.js';
import type { JobRecord } from '../jobs/job.repository.js';
import { JobService } from '../jobs/job.service.js';
import type { PiiClass } from '../redaction/pii-class.js';
import { RedactionService } from '../redaction/redaction.service.js';
import { checkIdempotencyKey, checkNewItem, maxBatch } from './item-check.js';
import type { NewItem } from './new-item.js';
import { prepareItem } from './prepared-item.js';
import { type OnExisting, TextWriter, type WrittenText } from './text-writer.js';
import { type Turn, turnItem } from './turn-item.js';

/** How a post is to be treated. */
export interface IngestOptions {
  /** A repeat with this key and the same items is the same post. */
  idempotencyKey?: string;
  /** Answer when all is embedded, or after CONTEXT_WAIT_TIMEOUT_MS. */
  wait?: boolean;
  /** Ends the wait, not the work. */
  signal?: AbortSignal;
  /** What is done with an item that is there already; it is changed by default. */
  onExisting?: OnExisting;
  /** Personal data to take out, beside what the workspace has taken out anyway. */
  redact?: readonly PiiClass[];
}

/** What became of a post. */
export interface IngestResult {
  job: ContextJob;
  /** One for each posted text, in their order. */
  items: { id: string; status: ItemStatus; duplicate: boolean }[];
}

/** What a chat call leaves to be remembered. */
export interface Conversation {
  workspaceId: string;
  session: string;
  turns: Turn[];
}

/** Takes texts in: rows first, in one transaction, then the queue; what the queue loses the sweeper finds. */
@Injectable()
export class IngestService {
  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly writer: TextWriter,
    private readonly opener: JobOpener,
    private readonly files: FileRepository,
    private readonly progress: JobService,
    private readonly redaction: RedactionService,
    private readonly queue: JobProducer,
  ) {}

  /**
   * Stores texts; they are found by their words when this returns, by their meaning once embedded.
   * @throws InvalidRequestError naming the field, IdempotencyConflictError, DatabaseUnavailableError (nothing was stored)
   */
  async ingest(workspaceId: string, items: NewItem[], options: IngestOptions = {}): Promise<IngestResult> {
    const now = new Date(systemClock.now());
    this.check(items, options, now);
    const { record, written } = await this.database.inWorkspace(workspaceId, (scope) =>
      this.store(scope, items, options, now),
    );
    // Not awaited: a frozen Redis must not hold up the answer, and the rows are safe.
    void this.queue.add('context-memory', 'embed-items', {
      workspace_id: workspaceId,
      item_ids: [...new Set(record.itemIds)],
    });
    const { job, progress } = options.wait
      ? await this.progress.waitFor(workspaceId, record, options.signal)
      : await this.database.inWorkspace(workspaceId, (scope) => this.progress.report(scope, record));
    return {
      job,
      items: record.itemIds.map((id, i) => ({
        id,
        status: progress.get(id)?.status ?? 'embedded',
        duplicate: written[i]?.duplicate ?? false,
      })),
    };
  }

  /** Saves the turns of a chat call. What was saved before in this session stays one item. */
  async remember({ workspaceId, session, turns }: Conversation): Promise<void> {
    const limit = this.config.memory.CONTEXT_MAX_CONTENT_CHARS;
    const items = turns.flatMap((turn, i) => turnItem(turn, `turns[${i}]`, session) ?? []);
    // Nobody is left to be told of a bad character, so it is mended.
    for (const item of items) item.content = storable(item.content.slice(0, limit));
    if (items.length > 0) await this.ingest(workspaceId, items, { onExisting: 'keep' });
  }

  private check(items: NewItem[], { idempotencyKey }: IngestOptions, now: Date): void {
    if (items.length === 0)
      throw new InvalidRequestError('There is nothing to store in this request', 'items');
    if (items.length > maxBatch) {
      throw new InvalidRequestError(
        `A request may hold at most ${maxBatch} texts, not ${items.length}`,
        'items',
      );
    }
    for (const item of items) checkNewItem(item, this.config.memory.CONTEXT_MAX_CONTENT_CHARS, now);
    if (idempotencyKey !== undefined) checkIdempotencyKey(idempotencyKey);
  }

  private async store(
    scope: WorkspaceScope,
    posted: NewItem[],
    { idempotencyKey, redact, onExisting }: IngestOptions,
    now: Date,
  ): Promise<{ record: JobRecord; written: WrittenText[] }> {
    const redactor = await this.redaction.redactor(scope, redact);
    const items = posted.map((item) => redactor.item(item));
    let written: WrittenText[] = [];
    const record = await this.opener.once(scope, { content: items, idempotencyKey }, async () => {
      // Before the items are locked, as the worker that stores a file does it: two that wait for each other wait in one order.
      await this.files.supersede(
        scope,
        items.flatMap(({ externalId }) => externalId ?? []),
      );
      written = await this.writer.write(
        scope,
        items.map((item) => prepareItem(item, now)),
        onExisting,
      );
      return { itemIds: written.map(({ id }) => id), redacted: redactor.counts };
    });
    return { record, written };
  }
}
