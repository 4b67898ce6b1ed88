import { Injectable } from '@nestjs/common';
import { newId, sha256, systemClock } from '#common';
import { Database, type WorkspaceScope } from '#database';
import { JobProducer } from '#queues';
import type { IngestOptions, IngestResult } from '../ingest/ingest.service.js';
import { checkIdempotencyKey } from '../ingest/item-check.js';
import { JobOpener } from '../jobs/job-opener.js';
import type { JobRecord } from '../jobs/job.repository.js';
import { JobService } from '../jobs/job.service.js';
import { RedactionService } from '../redaction/redaction.service.js';
import { FileRepository } from './file.repository.js';
import { checkFile, type FileReading, type PostedFile } from './posted-file.js';

/** Takes files in: their bytes first, in one transaction, then the queue; a worker reads them. */
@Injectable()
export class FileService {
  constructor(
    private readonly database: Database,
    private readonly files: FileRepository,
    private readonly opener: JobOpener,
    private readonly progress: JobService,
    private readonly redaction: RedactionService,
    private readonly queue: JobProducer,
  ) {}

  /**
   * Keeps a file until its text is stored as one document. Its items are named by the job once they are there.
   * @throws InvalidRequestError naming the field, UnsupportedFileError, IdempotencyConflictError, DatabaseUnavailableError (nothing
   *   was stored)
   */
  async accept(workspaceId: string, file: PostedFile, options: IngestOptions = {}): Promise<IngestResult> {
    const now = new Date(systemClock.now());
    if (options.idempotencyKey !== undefined) checkIdempotencyKey(options.idempotencyKey);
    const reading = checkFile(file, now);
    const record = await this.database.inWorkspace(workspaceId, (scope) =>
      this.store(scope, file, reading, options, now),
    );
    // Not awaited: a frozen Redis must not hold up the answer, and the row is safe.
    void this.queue.add('context-files', 'parse-file', {
      workspace_id: workspaceId,
      file_id: record.fileId ?? '',
    });
    const { job, progress } = options.wait
      ? await this.progress.waitFor(workspaceId, record, options.signal)
      : await this.database.inWorkspace(workspaceId, (scope) => this.progress.report(scope, record));
    const items = [...progress.values()].map(({ id, status }) => ({ id, status, duplicate: false }));
    return { job, items };
  }

  private async store(
    scope: WorkspaceScope,
    posted: PostedFile,
    reading: FileReading,
    { idempotencyKey, redact }: IngestOptions,
    createdAt: Date,
  ): Promise<JobRecord> {
    const redactor = await this.redaction.redactor(scope, redact);
    const { bytes, mediaType: _, ...said } = posted;
    // Its session and external id are names by which it is asked for, and stay.
    const shown = redactor.json({ filename: said.filename, title: said.title, metadata: said.metadata });
    const { filename, ...details } = { ...said, ...shown };
    const content = { ...details, ...reading, filename, sha256: sha256(bytes) };
    const id = newId();
    return this.opener.once(scope, { content, idempotencyKey, fileId: id }, async () => {
      if (details.externalId !== undefined) await this.files.supersede(scope, [details.externalId]);
      await this.files.insert(scope, {
        id,
        filename,
        format: reading.format,
        charset: reading.charset ?? null,
        bytes,
        kind: details.kind,
        title: details.title ?? null,
        session: details.session ?? null,
        collection: details.collection ?? null,
        externalId: details.externalId ?? null,
        metadata: { ...details.metadata, filename },
        importance: details.importance ?? 0.5,
        pinned: details.pinned ?? false,
        expiresAt: details.expiresAt ?? null,
        redact: [...redactor.classes],
        createdAt,
      });
      return { itemIds: [], redacted: redactor.counts };
    });
  }
}
