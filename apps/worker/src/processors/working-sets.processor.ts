import { Processor } from '@nestjs/bullmq';
import { PinoLogger } from 'nestjs-pino';
import { WorkingSetRefresher } from '#context-memory';
import { JobProcessor, type JobHandlers } from '#queues';

/** Jobs at once: the clock's own is not kept waiting by a workspace with many sets. */
const concurrency = 2;

/** Keeps working sets fresh. */
@Processor('working-sets', { concurrency })
export class WorkingSetsProcessor extends JobProcessor<'working-sets'> {
  protected readonly handlers: JobHandlers<'working-sets'> = {
    'refresh-working-sets': ({ workspace_id }) => this.workingSets.refresh(workspace_id),
    'sweep-working-sets': () => this.workingSets.sweep(),
  };

  constructor(
    private readonly workingSets: WorkingSetRefresher,
    logger: PinoLogger,
  ) {
    super(logger);
  }
}
