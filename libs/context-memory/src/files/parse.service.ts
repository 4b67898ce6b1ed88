import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { storable } from '#common';
import { AppConfig } from '#config';
import { Database } from '#database';
import { metrics } from '#observability';
import { JobProducer } from '#queues';
import { prepareItem } from '../ingest/prepared-item.js';
import { TextWriter } from '../ingest/text-writer.js';
import { JobRepository } from '../jobs/job.repository.js';
import { Redactor } from '../redaction/redactor.js';
import { type ClaimedFile, fileClaimSeconds, FileRepository } from './file.repository.js';
import { itemOfFile } from './item-of-file.js';
import { FileParser } from './parser/file-parser.js';
import { FileUnreadableError, type ParsedText } from './parser/parsed-text.js';

/** Reads uploaded files and stores their text. Many workers may do so at once: no file is stored twice. */
@Injectable()
export class ParseService {
  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly files: FileRepository,
    private readonly parser: FileParser,
    private readonly writer: TextWriter,
    private readonly jobs: JobRepository,
    private readonly queue: JobProducer,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(ParseService.name);
  }

  /** Parses a file if it still waits. A file that cannot be read is failed with the reason; its job can be retried. */
  async parse(workspaceId: string, fileId: string): Promise<void> {
    const claimSeconds = fileClaimSeconds(this.limits.timeoutMs);
    const file = await this.database.inWorkspace(workspaceId, (scope) =>
      this.files.claim(scope, fileId, claimSeconds),
    );
    if (!file) return;
    try {
      const text = await this.parser.parse(file, this.limits);
      const itemId = await this.store(workspaceId, file, text);
      metrics.context.filesParsed.inc({ format: file.format, outcome: 'parsed' });
      if (itemId === undefined) return;
      await this.queue.add('context-memory', 'embed-items', {
        workspace_id: workspaceId,
        item_ids: [itemId],
      });
    } catch (error) {
      if (!(error instanceof FileUnreadableError)) {
        await this.database.inWorkspace(workspaceId, (scope) => this.files.release(scope, file));
        throw error;
      }
      await this.fail(workspaceId, file, error.message);
    }
  }

  private get limits() {
    const { CONTEXT_MAX_CONTENT_CHARS: characters, ...memory } = this.config.memory;
    return {
      characters,
      pages: memory.CONTEXT_FILE_MAX_PAGES,
      memoryMb: memory.CONTEXT_FILE_MEMORY_MB,
      timeoutMs: memory.CONTEXT_FILE_TIMEOUT_MS,
    };
  }

  /** @returns the item; undefined when the file was deleted, or taken over by another worker, while it was read */
  private store(workspaceId: string, file: ClaimedFile, text: ParsedText): Promise<string | undefined> {
    return this.database.inWorkspace(workspaceId, async (scope) => {
      if (!(await this.files.finish(scope, file))) return undefined;
      const redactor = new Redactor(file.redact);
      const item = redactor.item(itemOfFile(file, { ...text, text: storable(text.text) }));
      const written = await this.writer.write(scope, [prepareItem(item, file.createdAt)]);
      const itemIds = written.map(({ id }) => id);
      await this.jobs.setItemsOfFile(scope, file.id, itemIds, redactor.counts);
      return itemIds[0];
    });
  }

  private async fail(workspaceId: string, file: ClaimedFile, reason: string): Promise<void> {
    const error = `${file.filename}: ${reason}`;
    await this.database.inWorkspace(workspaceId, (scope) => this.files.fail(scope, file, error));
    metrics.context.filesParsed.inc({ format: file.format, outcome: 'failed' });
    // Without the name, which is the tenant's text.
    const fields = { workspace_id: workspaceId, file_id: file.id, format: file.format };
    this.logger.warn({ ...fields, exception: reason }, 'file_unreadable');
  }
}
