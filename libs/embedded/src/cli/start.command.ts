import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { builtFile, repoRoot } from '../layout.js';
import { logSettingsOf } from '../supervisor/log-settings.js';
import type { Step } from '../supervisor/progress.js';
import type { AppName, SupervisorStatus } from '../supervisor/supervisor.js';
import { CommandFailed, say } from './console.js';
import { callerEnvironment, changedVariables } from './caller-environment.js';
import { type CommandContext, appName, runningStatus, wordFor } from './context.js';
import { announce } from './announcement.js';
import { ensureDemo } from './demo.js';
import { stop } from './stop.command.js';

/** A cold start on a slow machine creates a database and a model; more than this is a fault. */
const START_TIMEOUT_MS = 300_000;

/** `start [app|worker|all]`: starts what does not run yet, shows each step, and ends when all of it is ready. */
export async function start(context: CommandContext, word = 'all'): Promise<void> {
  const apps: AppName[] = word === 'all' ? ['gateway', 'worker'] : [appName(word)];
  const running = await context.control.status();
  if (running) await startMissing(context, running, apps);
  else await startDaemon(context, apps);
  const status = await runningStatus(context);
  const isNew = apps.includes('gateway') && (await ensureDemo(context, status));
  announce(context, status, isNew);
}

async function startMissing(
  context: CommandContext,
  running: SupervisorStatus,
  apps: readonly AppName[],
): Promise<void> {
  if (!running.started) await follow(context, running.pid);
  const { processes } = await runningStatus(context);
  for (const app of apps) {
    if (processes.some(({ name, state }) => name === app && state === 'ready')) {
      await tellUnchanged(context, app);
      continue;
    }
    say(`Starting ${wordFor(app)} …`);
    await context.control.start(app);
  }
}

/** What runs goes on as it was started: says so, and what in the caller's environment it does not know of. */
async function tellUnchanged({ control, layout }: CommandContext, app: AppName): Promise<void> {
  const word = wordFor(app);
  say(`Already running: ${word}`);
  const changed = changedVariables(callerEnvironment(layout), await control.environment(app));
  if (changed.length === 0) return;
  const byRestart = Object.keys(logSettingsOf({}));
  const remedy = changed.every((name) => byRestart.includes(name)) ? `restart ${word}` : 'stop, then start';
  say(
    `  ${changed.join(', ')} differ${changed.length === 1 ? 's' : ''} here; to apply: ./scripts/dev.sh ${remedy}`,
  );
}

async function startDaemon(context: CommandContext, apps: readonly AppName[]): Promise<void> {
  const { logs } = context.layout;
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const log = openSync(join(logs, 'supervisor.log'), 'a', 0o600);
  const file = builtFile('libs/embedded/src/supervisor.process.js');
  const daemon = spawn(process.execPath, ['--enable-source-maps', file, ...apps], {
    cwd: repoRoot,
    env: callerEnvironment(context.layout),
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  daemon.unref();
  await follow(context, daemon.pid ?? 0, () => daemon.exitCode !== null);
}

/** Prints each step of the supervisor's start as it ends. Throws CommandFailed, with the log's tail, when one fails. */
async function follow(context: CommandContext, pid: number, hasEnded = (): boolean => false): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  const told = new Map<number, Step['state']>();
  for (;;) {
    const status = await context.control.status();
    for (const [index, step] of (status?.steps ?? []).entries()) {
      if (told.get(index) !== step.state) say(describe(step));
      told.set(index, step.state);
    }
    if (status?.started) return;
    if (status?.failed) {
      const failed = status.steps.find(({ state }) => state === 'failed');
      const log = failed?.log_file ?? join(context.layout.logs, 'supervisor.log');
      const tail = tailOf(log);
      await stop(context);
      throw new CommandFailed(
        `${failed?.name ?? 'The start'} failed: ${failed?.detail ?? ''}\n--- end of ${log}\n${tail}`,
      );
    }
    if (hasEnded() || Date.now() > deadline) {
      const log = join(context.layout.logs, 'supervisor.log');
      throw new CommandFailed(
        `The supervisor (process ${pid}) did not start\n--- end of ${log}\n${tailOf(log)}`,
      );
    }
    await sleep(100);
  }
}

function describe({ name: processName, state, detail = '', ms = 0 }: Step): string {
  const name = wordFor(processName);
  if (state === 'running') return `  ${name} …`;
  return `  ${name} ${state === 'done' ? 'ready' : 'FAILED'} (${(ms / 1000).toFixed(1)} s) ${detail}`;
}

function tailOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
  } catch {
    return '(no log yet)';
  }
}
