import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { builtFile } from './layout.js';

/** A store that runs in a child process for the time of a test or a script. */
export interface RunningStore {
  readonly url: string;
  stop(): Promise<void>;
}

/** Forks `<name>.process.js` and waits for the port it reports. Rejects with the child's own reason. */
export async function forkStore(
  name: string,
  env: NodeJS.ProcessEnv,
): Promise<{ port: number; stop: () => Promise<void> }> {
  const file = builtFile(join('libs/embedded/src', `${name}.process.js`));
  if (!existsSync(file)) throw new Error(`${file} is not there: run \`npm run build\` first`);
  const child = fork(file, {
    env: { ...process.env, ...env },
    execArgv: ['--no-warnings'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const port = await Promise.race([
    reportedPort(child),
    exited.then(() => Promise.reject(new Error(`${name} ended at its start`))),
  ]);
  return {
    port,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function reportedPort(child: ChildProcess): Promise<number> {
  const [report]: unknown[] = await once(child, 'message');
  if (typeof report === 'object' && report && 'port' in report && typeof report.port === 'number')
    return report.port;
  throw new Error(
    typeof report === 'object' && report && 'error' in report ? String(report.error) : 'no port reported',
  );
}
