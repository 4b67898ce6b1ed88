import { WorkerHost } from '@nestjs/bullmq';
import type { Job } from 'bullmq';
import { PinoLogger } from 'nestjs-pino';
import { metrics, reportError } from '#observability';
import type { JobName, JobPayload, QueueName } from './job-contracts.js';

/** What one queue's jobs do, by name; the compiler demands all of them. */
export type JobHandlers<Q extends QueueName> = {
  [J in JobName<Q>]: (payload: JobPayload<Q, J>) => Promise<unknown>;
};

/** Base of every processor: the same log events and metrics around each job, so that none forgets them. */
export abstract class JobProcessor<Q extends QueueName> extends WorkerHost {
  protected abstract readonly handlers: JobHandlers<Q>;

  constructor(protected readonly logger: PinoLogger) {
    super();
    logger.setContext(new.target.name);
  }

  async process(job: Job<JobPayload<Q, JobName<Q>>, unknown, JobName<Q>>): Promise<void> {
    const fields = { queue: job.queueName, job: job.name, job_id: job.id, attempt: job.attemptsMade + 1 };
    const labels = { queue: job.queueName, job: job.name };
    const start = performance.now();
    // A scheduled job was made to wait; only what came after its time is waiting.
    metrics.jobs.wait.observe(labels, Math.max(0, Date.now() - job.timestamp - job.delay) / 1000);
    this.logger.debug(fields, 'job_started');
    try {
      await this.handlers[job.name](job.data);
      this.finish(labels, 'completed', start);
      // What runs by the clock would bury the rest.
      const level = job.repeatJobKey === undefined ? 'info' : 'debug';
      this.logger[level]({ ...fields, duration_ms: performance.now() - start }, 'job_completed');
    } catch (error) {
      this.finish(labels, 'failed', start);
      this.logger.error({ ...fields, exception: String(error), error }, 'job_failed');
      if (job.attemptsMade + 1 >= (job.opts.attempts ?? 1)) reportError(error);
      throw error;
    }
  }

  private finish(labels: { queue: string; job: string }, outcome: string, start: number): void {
    metrics.jobs.duration.observe({ ...labels, outcome }, (performance.now() - start) / 1000);
  }
}
