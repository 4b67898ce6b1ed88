import { startSimulator } from './simulator/simulator.js';

/**
 * The simulator as a child process. `PORT` (0 or absent: a free one); sends `{port, url}` over IPC when it listens;
 * ends on SIGTERM, SIGINT and when the parent goes, however that went.
 */
const simulator = await startSimulator({ port: Number(process.env['PORT'] ?? 0) });

const stop = (): void => void simulator.close().finally(() => process.exit(0));
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
process.once('disconnect', stop);

process.send?.({ port: simulator.port, url: simulator.url });
if (!process.send) process.stdout.write(`OpenRouter simulator on ${simulator.url}\n`);
