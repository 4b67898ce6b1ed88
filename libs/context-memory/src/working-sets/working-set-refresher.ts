import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { Database } from '#database';
import { metrics } from '#observability';
import { JobProducer } from '#queues';
import type { RecallResult } from '../recall/recall-result.js';
import { RecallService } from '../recall/recall.service.js';
import { ChangeRepository } from './change.repository.js';
import { foundParts } from './found-parts.js';
import type { WorkingSet } from './working-set.js';
import { WorkingSetRepository } from './working-set.repository.js';

const notesPerSweep = 5_000;

type RefreshOutcome = 'changed' | 'unchanged' | 'degraded' | 'outrun';

/** Keeps what the queries of working sets found in step with the items. */
@Injectable()
export class WorkingSetRefresher {
  constructor(
    private readonly database: Database,
    private readonly changes: ChangeRepository,
    private readonly sets: WorkingSetRepository,
    private readonly recall: RecallService,
    private readonly queue: JobProducer,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(WorkingSetRefresher.name);
  }

  /** Queues the workspaces whose items have changed. The notes stay until they are refreshed, whatever becomes of the job. */
  async sweep(): Promise<void> {
    const stale = await this.database.asSystem(async (scope) => {
      await this.changes.dropUnwanted(scope);
      return this.changes.takeWaiting(scope, notesPerSweep);
    });
    for (const workspace_id of stale)
      await this.queue.add('working-sets', 'refresh-working-sets', { workspace_id });
  }

  /**
   * Asks the queries of a workspace's sets again, if something has changed. Notes are read first and dropped last, so what
   * changes meanwhile is asked again; where not all could be asked whole, a new note takes the place of those read.
   * @throws DatabaseUnavailableError; the notes stay
   */
  async refresh(workspaceId: string): Promise<void> {
    const seen = await this.database.asSystem((scope) => this.changes.seen(scope, workspaceId));
    if (seen.length === 0) return;
    const sets = await this.database.inWorkspace(workspaceId, (scope) => this.sets.withQueries(scope));
    let isWhole = true;
    for (const set of sets) isWhole = (await this.ask(workspaceId, set)) && isWhole;
    await this.database.asSystem(async (scope) => {
      await this.changes.settle(scope, workspaceId, seen);
      if (!isWhole) await this.changes.note(scope, workspaceId);
    });
  }

  /**
   * Asks the queries of one set.
   * @returns whether all could be asked whole and the answer is kept: not when the set was changed or refreshed meanwhile
   */
  async ask(workspaceId: string, set: WorkingSet): Promise<boolean> {
    const fields = { workspace_id: workspaceId, working_set_id: set.id };
    try {
      const outcome = await this.askOrThrow(workspaceId, set);
      metrics.context.workingSetRefreshes.inc({ outcome });
      this.logger.debug({ ...fields, outcome }, 'working_set_refreshed');
      return outcome === 'changed' || outcome === 'unchanged';
    } catch (error) {
      // One set whose queries fail must not keep the others of its workspace stale.
      metrics.context.workingSetRefreshes.inc({ outcome: 'failed' });
      this.logger.warn({ ...fields, exception: String(error) }, 'working_set_not_refreshed');
      return false;
    }
  }

  private async askOrThrow(workspaceId: string, set: WorkingSet): Promise<RefreshOutcome> {
    const answers: RecallResult[] = [];
    for (const { query, topK, session, filter } of set.queries) {
      answers.push(await this.recall.recall(workspaceId, { query, topK, session, filter, tokenBudget: 0 }));
    }
    const stored = await this.database.inWorkspace(workspaceId, (scope) =>
      this.sets.store(scope, set, foundParts(answers.map(({ items }) => items))),
    );
    const isDegraded = answers.some(({ degraded }) => degraded.length > 0);
    if (!stored) return 'outrun';
    if (isDegraded) return 'degraded';
    return stored.isChanged ? 'changed' : 'unchanged';
  }
}
