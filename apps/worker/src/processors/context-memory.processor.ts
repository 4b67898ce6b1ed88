import { Processor } from '@nestjs/bullmq';
import { PinoLogger } from 'nestjs-pino';
import { EmbedService, SweepService, WorkingSetRefresher } from '#context-memory';
import { JobProcessor, type JobHandlers } from '#queues';

/** Jobs at once: one waits for the embedder while the other reads and writes rows. */
const concurrency = 2;

/** Embeds what was posted, keeps working sets fresh, and sweeps up what was left behind. */
@Processor('context-memory', { concurrency })
export class ContextMemoryProcessor extends JobProcessor<'context-memory'> {
  protected readonly handlers: JobHandlers<'context-memory'> = {
    'embed-items': ({ workspace_id, item_ids }) => this.embedder.embedItems(workspace_id, item_ids),
    'sweep-items': () => this.sweeper.sweep(),
    'refresh-working-sets': ({ workspace_id }) => this.workingSets.refresh(workspace_id),
    'sweep-working-sets': () => this.workingSets.sweep(),
  };

  constructor(
    private readonly embedder: EmbedService,
    private readonly sweeper: SweepService,
    private readonly workingSets: WorkingSetRefresher,
    logger: PinoLogger,
  ) {
    super(logger);
  }
}
