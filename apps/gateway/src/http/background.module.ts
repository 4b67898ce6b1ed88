import { Global, Module } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { BackgroundTasks } from '#common';
import { reportError } from '#observability';

/** Work that goes on after the answer (settling, saving a turn); shutdown waits for it. */
@Global()
@Module({
  providers: [
    {
      provide: BackgroundTasks,
      inject: [PinoLogger],
      useFactory: (logger: PinoLogger) => {
        logger.setContext(BackgroundTasks.name);
        return new BackgroundTasks((error, task) => {
          logger.error({ task, exception: String(error), error }, 'background_task_failed');
          reportError(error);
        });
      },
    },
  ],
  exports: [BackgroundTasks],
})
export class BackgroundModule {}
