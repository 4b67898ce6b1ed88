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
  endAnyway(config.server.SHUTDOWN_GRACE_MS);
  await app.listen(config.server.WORKER_HEALTH_PORT, config.server.HOST);
  app.get(Logger).log({ url: await app.getUrl(), message: 'worker_started' });
}

/** A worker whose Redis is gone would wait for it for ever; what it had in hand is done again by another. */
function endAnyway(graceMs: number): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => setTimeout(() => process.exit(1), graceMs).unref());
  }
}
