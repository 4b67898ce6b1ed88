import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { isId, NotFoundError } from '#common';
import { AppConfig } from '#config';
import { Database, type WorkspaceScope } from '#database';
import { type ContextJob, type ItemProgress, summarise } from './context-job.js';
import { JobRepository, type JobRecord } from './job.repository.js';

/** A job and where each of its items is. */
export interface JobReport {
  job: ContextJob;
  progress: Map<string, ItemProgress>;
}

const firstLookMs = 20;
const slowestLookMs = 500;

/** Says how far the items of a post are. */
@Injectable()
export class JobService {
  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly jobs: JobRepository,
  ) {}

  /** @throws NotFoundError for an id this workspace does not have */
  async get(workspaceId: string, id: string): Promise<ContextJob> {
    const { job } = await this.database.inWorkspace(workspaceId, async (scope) => {
      const record = isId(id) ? await this.jobs.find(scope, id) : undefined;
      if (!record) throw new NotFoundError('context job', id);
      return this.report(scope, record);
    });
    return job;
  }

  /** For those who have the job already, in their transaction. */
  async report(scope: WorkspaceScope, record: JobRecord): Promise<JobReport> {
    const progress = await this.jobs.progress(scope, record.itemIds);
    return { job: summarise(record, progress), progress };
  }

  /**
   * Waits until nothing of a job is pending, at most CONTEXT_WAIT_TIMEOUT_MS.
   * @returns how far it is then
   */
  async waitFor(workspaceId: string, record: JobRecord, signal?: AbortSignal): Promise<JobReport> {
    const deadline = performance.now() + this.config.memory.CONTEXT_WAIT_TIMEOUT_MS;
    const look = () => this.database.inWorkspace(workspaceId, (scope) => this.report(scope, record));
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
}
