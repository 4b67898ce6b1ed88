import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { BackgroundTasks } from '#common';

/** What the work behind the answers gets; with the streams' grace it stays below the 45 s of deploy/kubernetes.yaml. */
const backgroundMs = 10_000;

/**
 * Ends the process without breaking a promise: no new connections, open answers finish (streams too, up to `graceMs`), what
 * goes on behind them finishes, then Nest closes the parts. Nest alone would close the stores while streams still run.
 */
export function endGracefully(app: INestApplication<Server>, logger: PinoLogger, graceMs: number): void {
  let ending = false;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (ending) return;
    ending = true;
    logger.info({ signal }, 'gateway_stopping');
    await answersFinished(app.getHttpServer(), graceMs);
    const left = await app.get(BackgroundTasks).drain(backgroundMs);
    if (left > 0) logger.warn({ tasks: left }, 'background_tasks_abandoned');
    await app.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      end(signal).catch((error: unknown) => {
        logger.error({ exception: String(error), error }, 'gateway_stop_failed');
        process.exit(1);
      });
    });
  }
}

async function answersFinished(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  // A kept connection that is idle between two requests must not hold us up.
  const idle = setInterval(() => server.closeIdleConnections(), 100);
  await closed;
  clearTimeout(cut);
  clearInterval(idle);
}
