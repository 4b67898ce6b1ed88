import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { RecallHealth } from './recall-health.js';
import { RecallHealthRepository } from './recall-health.repository.js';

/** Says how well a workspace's memory works. */
@Injectable()
export class RecallHealthService {
  constructor(
    private readonly database: Database,
    private readonly repository: RecallHealthRepository,
  ) {}

  /** @throws DatabaseUnavailableError */
  get(workspaceId: string): Promise<RecallHealth> {
    return this.database.inWorkspace(workspaceId, async (scope) => ({
      measurement: await this.repository.find(scope),
      items: await this.repository.countVectors(scope),
    }));
  }
}
