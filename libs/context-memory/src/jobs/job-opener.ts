import { Injectable } from '@nestjs/common';
import { keyedHash, newId, systemClock } from '#common';
import { AppConfig } from '#config';
import type { WorkspaceScope } from '#database';
import { IdempotencyConflictError } from '../context-memory.errors.js';
import type { RedactionCounts } from '../redaction/pii-class.js';
import { type JobRecord, JobRepository } from './job.repository.js';

/** A post: what a repeat with the same key must say again, and the file it may be. */
export interface Post {
  /** As JSON, personal data taken out. */
  content: unknown;
  idempotencyKey: string | undefined;
  fileId?: string;
}

/** What storing a post came to. */
interface Stored {
  itemIds: string[];
  redacted: RedactionCounts;
}

/** Gives each post its job, and a repeat the job of the first. */
@Injectable()
export class JobOpener {
  constructor(
    private readonly config: AppConfig,
    private readonly jobs: JobRepository,
  ) {}

  /**
   * Does the work, unless a post with this key has done it: then that post's job is the answer.
   * @throws IdempotencyConflictError when that was another post
   */
  async once(scope: WorkspaceScope, post: Post, work: () => Promise<Stored>): Promise<JobRecord> {
    const { content, idempotencyKey, fileId } = post;
    const id = newId();
    // Keyed: a job outlives its items, and a plain hash of a short text can be guessed.
    const requestHash = keyedHash(this.config.auth.API_KEY_PEPPER, JSON.stringify(content));
    const job = { id, idempotencyKey, requestHash, ...(fileId !== undefined && { fileId }) };
    if (!(await this.jobs.insert(scope, job))) {
      const earlier = await this.jobs.findByKey(scope, idempotencyKey ?? '');
      if (!earlier) throw new Error('The job of this Idempotency-Key vanished');
      if (earlier.requestHash !== requestHash) throw new IdempotencyConflictError();
      return earlier;
    }
    const { itemIds, redacted } = await work();
    await this.jobs.setItems(scope, id, itemIds, redacted);
    const createdAt = new Date(systemClock.now());
    return { id, itemIds, fileId: fileId ?? null, redacted, requestHash, createdAt };
  }
}
