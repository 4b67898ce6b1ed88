import { NestFactory } from '@nestjs/core';
import { Logger } from 'nestjs-pino';
import { readConfig } from '#config';
import { startSentry } from '#observability';
import { WorkerModule } from './worker.module.js';

/** Starts the queue process; its only port serves probes and metrics. */
export async function startWorker(): Promise<void> {
  const config = readConfig();
  startSentry(config, 'worker');
  const app = await NestFactory.create(WorkerModule, { bufferLogs: true, abortOnError: false });
  app.useLogger(app.get(Logger));
  app.flushLogs();
  app.enableShutdownHooks();
  await app.listen(config.server.WORKER_HEALTH_PORT, config.server.HOST);
  app.get(Logger).log({ url: await app.getUrl(), message: 'worker_started' });
}
