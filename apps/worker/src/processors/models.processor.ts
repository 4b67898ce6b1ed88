import { Processor } from '@nestjs/bullmq';
import { PinoLogger } from 'nestjs-pino';
import { ModelSync } from '#llm-proxy';
import { JobProcessor, type JobHandlers } from '#queues';

/** Keeps the model catalogue up to date. */
@Processor('models')
export class ModelsProcessor extends JobProcessor<'models'> {
  protected readonly handlers: JobHandlers<'models'> = {
    'sync-models': () => this.models.sync(),
  };

  constructor(
    private readonly models: ModelSync,
    logger: PinoLogger,
  ) {
    super(logger);
  }
}
