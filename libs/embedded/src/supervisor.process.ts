import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { pino } from 'pino';

import { DataInUse, acquireDataLock } from './data-lock.js';
import { layoutOf } from './layout.js';
import { startControlServer } from './supervisor/control-server.js';
import type { SupervisorLog } from './supervisor/managed-process.js';
import { ownPrograms } from './supervisor/programs.js';
import { type AppName, Supervisor } from './supervisor/supervisor.js';
import { linkSystemLog, unlinkSystemLog } from './supervisor/system-log-link.js';

/** The daemon behind dev.sh. Arguments: the apps to start (`gateway`, `worker`). */
const layout = layoutOf();
const appLog = join(layout.logs, 'app.log');
mkdirSync(layout.logs, { recursive: true, mode: 0o700 });
const logger = pino({
  messageKey: 'message',
  timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
  formatters: { level: (level) => ({ level }) },
  base: { logger_name: 'supervisor' },
});
const log: SupervisorLog = (level, event, details) => logger[level](details, event);

/** After a kill -9 the apps of the last supervisor finish their streams before they free their ports. */
const ORPHANS_END_MS = 15_000;

try {
  const lock = await acquireDataLock(layout.lock);
  const supervisor = new Supervisor(
    layout,
    ownPrograms,
    process.env,
    log,
    lock.wasLeftBehind ? ORPHANS_END_MS : 0,
  );
  const stop = async (): Promise<void> => {
    await supervisor.stop();
    unlinkSystemLog(appLog);
    rmSync(layout.socket, { force: true });
    lock.release();
    process.exit(0);
  };
  let stopping: Promise<void> | undefined;
  const stopOnce = (): void => void (stopping ??= stop());
  process.on('SIGTERM', stopOnce).on('SIGINT', stopOnce);
  // The terminal it was started from may close: a daemon stays.
  process.on('SIGHUP', () => {});
  await startControlServer(layout.socket, supervisor, stopOnce);
  linkSystemLog(appLog);
  const apps = process.argv
    .slice(2)
    .filter((name): name is AppName => name === 'gateway' || name === 'worker');
  await supervisor.start(apps);
} catch (error) {
  log('error', 'supervisor_failed', { error: error instanceof Error ? error.message : String(error) });
  process.exit(error instanceof DataInUse ? 3 : 1);
}
