import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { isId, NotFoundError } from '#common';
import { AppConfig } from '#config';
import { Database, type WorkspaceScope } from '#database';
import { JobProducer } from '#queues';
import { FileRepository } from '../files/file.repository.js';
import { type ContextJob, type ItemProgress, summarise } from './context-job.js';
import { JobRepository, type JobRecord } from './job.repository.js';

/** A job and where each of its items is. */
export interface JobReport {
  job: ContextJob;
  progress: Map<string, ItemProgress>;
}

const firstLookMs = 20;
const slowestLookMs = 500;
/** Items named in one message of the queue. */
const itemsPerMessage = 200;

/** Says how far the items of a post are, and has another try at those that failed. */
@Injectable()
export class JobService {
  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly jobs: JobRepository,
    private readonly files: FileRepository,
    private readonly queue: JobProducer,
  ) {}

  /** @throws NotFoundError for an id this workspace does not have */
  async get(workspaceId: string, id: string): Promise<ContextJob> {
    const { job } = await this.database.inWorkspace(workspaceId, async (scope) =>
      this.report(scope, await this.require(scope, id)),
    );
    return job;
  }

  /**
   * Queues again what failed of a job; what is done, or waits, stays as it is.
   * @throws NotFoundError for an id this workspace does not have
   */
  async retry(workspaceId: string, id: string): Promise<ContextJob> {
    const again = await this.database.inWorkspace(workspaceId, async (scope) => {
      const record = await this.require(scope, id);
      return {
        itemIds: await this.jobs.retryItems(scope, record.itemIds),
        fileId: record.fileId !== null && (await this.files.retry(scope, record.fileId)) && record.fileId,
        job: (await this.report(scope, record)).job,
      };
    });
    for (let from = 0; from < again.itemIds.length; from += itemsPerMessage) {
      const item_ids = again.itemIds.slice(from, from + itemsPerMessage);
      void this.queue.add('context-memory', 'embed-items', { workspace_id: workspaceId, item_ids });
    }
    if (again.fileId) {
      void this.queue.add('context-files', 'parse-file', {
        workspace_id: workspaceId,
        file_id: again.fileId,
      });
    }
    return again.job;
  }

  /** For those who have the job already, in their transaction. */
  async report(scope: WorkspaceScope, record: JobRecord): Promise<JobReport> {
    const { fileId, itemIds } = record;
    const mayWait = fileId !== null && itemIds.length === 0;
    const file = mayWait ? await this.files.find(scope, fileId) : undefined;
    // A file that went after its job was read may have become items, which the job has named since.
    const known = mayWait && !file ? await this.require(scope, record.id) : record;
    const progress = await this.jobs.progress(scope, known.itemIds);
    return { job: summarise(known, progress, file), progress };
  }

  /**
   * Waits until nothing of a job is pending, at most CONTEXT_WAIT_TIMEOUT_MS.
   * @returns how far it is then
   */
  async waitFor(workspaceId: string, record: JobRecord, signal?: AbortSignal): Promise<JobReport> {
    const deadline = performance.now() + this.config.memory.CONTEXT_WAIT_TIMEOUT_MS;
    // A file's job gets its items when the file has been parsed, so it is read anew.
    const look = () =>
      this.database.inWorkspace(workspaceId, async (scope) =>
        this.report(scope, record.fileId === null ? record : await this.require(scope, record.id)),
      );
    let report = await look();
    for (let pause = firstLookMs; report.job.pending > 0; pause = Math.min(pause * 1.5, slowestLookMs)) {
      const left = deadline - performance.now();
      if (left <= 0) break;
      // The sleep rejects with an error of its own; the caller wants the signal's reason.
      await sleep(Math.min(pause, left), undefined, { signal }).catch(() => signal?.throwIfAborted());
      report = await look();
    }
    return report;
  }

  private async require(scope: WorkspaceScope, id: string): Promise<JobRecord> {
    const record = isId(id) ? await this.jobs.find(scope, id) : undefined;
    if (!record) throw new NotFoundError('context job', id);
    return record;
  }
}
