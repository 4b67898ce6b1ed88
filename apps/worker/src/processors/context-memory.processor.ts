import { Processor } from '@nestjs/bullmq';
import { PinoLogger } from 'nestjs-pino';
import { EmbedService, SweepService } from '#context-memory';
import { JobProcessor, type JobHandlers } from '#queues';

/** Jobs at once: one waits for the embedder while the other reads and writes rows. */
const concurrency = 2;

/** Embeds what was posted, and sweeps up what was left behind. */
@Processor('context-memory', { concurrency })
export class ContextMemoryProcessor extends JobProcessor<'context-memory'> {
  protected readonly handlers: JobHandlers<'context-memory'> = {
    'embed-items': ({ workspace_id, item_ids }) => this.embedder.embedItems(workspace_id, item_ids),
    'sweep-items': () => this.sweeper.sweep(),
  };

  constructor(
    private readonly embedder: EmbedService,
    private readonly sweeper: SweepService,
    logger: PinoLogger,
  ) {
    super(logger);
  }
}
