import { Processor } from '@nestjs/bullmq';
import { PinoLogger } from 'nestjs-pino';
import { ParseService } from '#context-memory';
import { JobProcessor, type JobHandlers } from '#queues';

/** One file at a time: reading it takes a core of its own, and embedding must not wait for it. */
const concurrency = 1;

/** Reads uploaded files. */
@Processor('context-files', { concurrency })
export class ContextFilesProcessor extends JobProcessor<'context-files'> {
  protected readonly handlers: JobHandlers<'context-files'> = {
    'parse-file': ({ workspace_id, file_id }) => this.parser.parse(workspace_id, file_id),
  };

  constructor(
    private readonly parser: ParseService,
    logger: PinoLogger,
  ) {
    super(logger);
  }
}
