import { Processor } from '@nestjs/bullmq';
import { PinoLogger } from 'nestjs-pino';
import { FairEmbedService, FillService, RecallProbeService, SweepService } from '#context-memory';
import { JobProcessor, type JobHandlers } from '#queues';

/** Jobs at once: one waits for the embedder while the other reads and writes rows, and a third fills embedding spaces. */
const concurrency = 3;

/** Embeds what was posted, sweeps up what was left behind, and probes how well recall finds. */
@Processor('context-memory', { concurrency })
export class ContextMemoryProcessor extends JobProcessor<'context-memory'> {
  protected readonly handlers: JobHandlers<'context-memory'> = {
    'embed-items': ({ workspace_id, item_ids }) => this.embedder.embedItems(workspace_id, item_ids),
    'sweep-items': () => this.sweeper.sweep(),
    'probe-recall': () => this.prober.probeDue(),
    'fill-spaces': () => this.filler.run(),
  };

  constructor(
    private readonly embedder: FairEmbedService,
    private readonly sweeper: SweepService,
    private readonly prober: RecallProbeService,
    private readonly filler: FillService,
    logger: PinoLogger,
  ) {
    super(logger);
  }
}
