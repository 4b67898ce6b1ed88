import { isOk } from '../supervisor/readiness.js';
import type { ProcessStatus } from '../supervisor/managed-process.js';
import { CommandFailed, say, table } from './console.js';
import { type CommandContext, runningStatus, urlOf, wordFor } from './context.js';

/** `status`: a line for each process. */
export async function status(context: CommandContext): Promise<void> {
  const { pid, processes } = await runningStatus(context);
  const rows = await Promise.all(processes.map(describe));
  const supervisor = ['supervisor', String(pid), '-', '-', 'yes'];
  say(table([['PROCESS', 'PID', 'PORT', 'UP SINCE', 'READY'], supervisor, ...rows]));
}

async function describe({ name, pid, port, since = '-', state }: ProcessStatus): Promise<string[]> {
  const ready = state === 'ready' && (!isApp(name) || (await isOk(`http://127.0.0.1:${port}/health/ready`)));
  return [
    wordFor(name),
    String(pid ?? '-'),
    String(port ?? '-'),
    since,
    ready ? 'yes' : state === 'ready' ? 'no' : state,
  ];
}

/** `health-check`: what the apps that were started say of themselves. Throws CommandFailed unless all are healthy. */
export async function healthCheck(context: CommandContext): Promise<void> {
  const running = await runningStatus(context);
  const apps = running.processes.map(({ name }) => name).filter(isApp);
  const verdicts = await Promise.all(
    apps.map(async (name) => {
      const url = urlOf(running, name);
      const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(10_000) }).catch(
        () => undefined,
      );
      const text = answer ? await answer.text() : 'does not answer';
      say(`${wordFor(name)}  ${answer?.status ?? '-'}`);
      say(pretty(text));
      return answer?.ok === true;
    }),
  );
  if (verdicts.length === 0) throw new CommandFailed('Neither app nor worker was started');
  if (verdicts.includes(false)) throw new CommandFailed('Not healthy');
  say('Healthy');
}

const isApp = (name: string): boolean => name === 'gateway' || name === 'worker';

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
