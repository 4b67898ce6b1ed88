import { InjectQueue } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { PinoLogger } from 'nestjs-pino';
import type { JobName, JobPayload, QueueName } from './job-contracts.js';

/** Queues work. A nudge that fails is logged and forgotten: the rows are written first, and the sweeper finds them. */
@Injectable()
export class JobProducer {
  private readonly queues: Record<QueueName, Queue>;

  constructor(
    @InjectQueue('context-memory') contextMemory: Queue,
    @InjectQueue('working-sets') workingSets: Queue,
    @InjectQueue('context-files') contextFiles: Queue,
    @InjectQueue('usage') usage: Queue,
    @InjectQueue('models') models: Queue,
    private readonly logger: PinoLogger,
  ) {
    this.queues = {
      'context-memory': contextMemory,
      'context-files': contextFiles,
      'working-sets': workingSets,
      usage,
      models,
    };
    logger.setContext(JobProducer.name);
    for (const queue of Object.values(this.queues)) {
      // Without a listener BullMQ's connection errors would end the process; the connections log them already.
      queue.on('error', () => undefined);
      // Nest hands a queue's options on to its workers. A worker that is refused at once asks again at once, without end, and
      // neither a timer nor the new connection gets a turn: unlike a producer it must wait until Redis is back.
      queue.opts.connection = { ...queue.opts.connection, enableOfflineQueue: true };
    }
  }

  /**
   * @param jobId names the job in logs; BullMQ makes one when there is none
   * @returns whether the queue took it. Never throws.
   */
  async add<Q extends QueueName, J extends JobName<Q>>(
    queue: Q,
    job: J,
    payload: JobPayload<Q, J>,
    jobId?: string,
  ): Promise<boolean> {
    try {
      await this.queues[queue].add(job, payload, jobId === undefined ? {} : { jobId });
      return true;
    } catch (error) {
      this.logger.warn({ queue, job, exception: String(error) }, 'job_not_queued');
      return false;
    }
  }

  /** Has the named job run every `everyMs` milliseconds, once for the whole fleet. */
  async schedule<Q extends QueueName>(queue: Q, job: JobName<Q>, everyMs: number): Promise<void> {
    await this.queues[queue].upsertJobScheduler(job, { every: everyMs }, { name: job, data: {} });
  }
}
