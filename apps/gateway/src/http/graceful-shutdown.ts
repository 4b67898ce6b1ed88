import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { BackgroundTasks } from '#common';

/** How long a kept connection may still bring a call after the signal. */
const idleMs = 1_000;

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
    sayGoodBye(app.getHttpServer());
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

/** Answers from now on close their connection, so that no client sends its next call into a closing one. */
function sayGoodBye(server: Server): void {
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
}

async function answersFinished(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  // A kept connection that is idle must not hold us up, but a call may be on its way to it at this very moment.
  const idle = setInterval(() => server.closeIdleConnections(), idleMs);
  await closed;
  clearTimeout(cut);
  clearInterval(idle);
}
