import { Injectable } from '@nestjs/common';
import { WorkspaceService } from '#auth';
import { newId } from '#common';
import { JobProducer, QueueUnavailableError } from '#queues';
import { RedisUnavailableError } from '#redis';
import { type LastReconciliation, ReconciliationLog } from '#usage';
import type { QueuedReconciliationDto } from './reconciliation.dto.js';

/** Reconciliation on demand. The worker does it, and by the clock as well. */
@Injectable()
export class ReconciliationService {
  constructor(
    private readonly workspaces: WorkspaceService,
    private readonly queue: JobProducer,
    private readonly log: ReconciliationLog,
  ) {}

  /** Queues both jobs. @throws NotFoundError for an unknown workspace, QueueUnavailableError */
  async request(workspaceId: string | undefined): Promise<QueuedReconciliationDto> {
    if (workspaceId !== undefined) await this.workspaces.get(workspaceId);
    const [estimates, quotas] = [newId(), newId()];
    const payload = workspaceId === undefined ? {} : { workspace_id: workspaceId };
    const isQueued =
      (await this.queue.add('usage', 'correct-estimates', {}, estimates)) &&
      (await this.queue.add('usage', 'reconcile-quotas', payload, quotas));
    if (!isQueued) throw new QueueUnavailableError();
    return {
      object: 'reconciliation_request',
      workspace_id: workspaceId ?? null,
      jobs: [
        { id: estimates, job: 'correct-estimates' },
        { id: quotas, job: 'reconcile-quotas' },
      ],
    };
  }

  /** What the last runs found. @throws RedisUnavailableError */
  async last(): Promise<LastReconciliation> {
    try {
      return await this.log.read();
    } catch (error) {
      throw new RedisUnavailableError(error);
    }
  }
}
