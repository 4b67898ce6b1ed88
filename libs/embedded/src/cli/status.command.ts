import { isOk } from '../supervisor/readiness.js';
import type { ProcessStatus } from '../supervisor/managed-process.js';
import { CommandFailed, say, table } from './console.js';
import { type CommandContext, runningStatus, urlOf } from './context.js';

/** `status`: a line for each process. */
export async function status(context: CommandContext): Promise<void> {
  const { pid, processes } = await runningStatus(context);
  const rows = await Promise.all(processes.map(describe));
  const supervisor = ['supervisor', String(pid), '-', '-', 'yes'];
  say(table([['PROCESS', 'PID', 'PORT', 'UP SINCE', 'READY'], supervisor, ...rows]));
}

async function describe({ name, pid, port, since = '-', state }: ProcessStatus): Promise<string[]> {
  const isApp = name === 'gateway' || name === 'worker';
  const ready = state === 'ready' && (!isApp || (await isOk(`http://127.0.0.1:${port}/health/ready`)));
  return [
    name,
    String(pid ?? '-'),
    String(port ?? '-'),
    since,
    ready ? 'yes' : state === 'ready' ? 'no' : state,
  ];
}

/** `health-check`: what both apps say of themselves. Throws CommandFailed unless both are healthy. */
export async function healthCheck(context: CommandContext): Promise<void> {
  const running = await runningStatus(context);
  const verdicts = await Promise.all(
    (['gateway', 'worker'] as const).map(async (name) => {
      const url = urlOf(running, name);
      const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(10_000) }).catch(
        () => undefined,
      );
      const text = answer ? await answer.text() : 'does not answer';
      say(`${name}  ${answer?.status ?? '-'}`);
      say(pretty(text));
      return answer?.ok === true;
    }),
  );
  if (verdicts.includes(false)) throw new CommandFailed('Not healthy');
  say('Healthy');
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
