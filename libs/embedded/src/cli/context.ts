import { type Layout, layoutOf } from '../layout.js';
import type { SupervisorStatus } from '../supervisor/supervisor.js';
import { CommandFailed } from './console.js';
import { ControlClient } from './control-client.js';

/** What every command works with. */
export interface CommandContext {
  readonly layout: Layout;
  readonly control: ControlClient;
}

export function commandContext(): CommandContext {
  const layout = layoutOf();
  return { layout, control: new ControlClient(layout.socket) };
}

/** The status of the running supervisor. Throws CommandFailed when there is none. */
export async function runningStatus({ control }: CommandContext): Promise<SupervisorStatus> {
  const status = await control.status();
  if (!status) throw new CommandFailed('Nothing is running. Start it with: ./scripts/dev.sh start');
  return status;
}

/** What people call the apps, and what the processes are called. */
export function appName(word: string | undefined): 'gateway' | 'worker' {
  if (word === 'app' || word === 'gateway') return 'gateway';
  if (word === 'worker') return 'worker';
  throw new CommandFailed(`Which one? app or worker${word ? `, not ${word}` : ''}`);
}

/** The reverse: what people call a process. */
export function wordFor(processName: string): string {
  return processName === 'gateway' ? 'app' : processName;
}

/** The base URL of a process that runs. */
export function urlOf(status: SupervisorStatus, name: string): string | undefined {
  const port = status.processes.find((one) => one.name === name)?.port;
  return port === undefined ? undefined : `http://127.0.0.1:${port}`;
}
