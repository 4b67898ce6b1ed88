import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { builtFile, repoRoot } from '../layout.js';
import { logSettingsOf } from '../supervisor/log-settings.js';
import { CommandFailed } from './console.js';
import { type CommandContext, appName, runningStatus } from './context.js';

/** `shell app`: a prompt inside the application, with the environment of the one that runs. */
export async function shell(context: CommandContext, word: string | undefined): Promise<void> {
  if (appName(word ?? 'app') !== 'gateway') throw new CommandFailed('There is a shell for app only');
  await runningStatus(context);
  // Whoever opens a prompt wants the prompt: only their own shell makes the application talk.
  const { LOG_LEVEL = 'error', DEBUG } = logSettingsOf(process.env);
  const env = { ...process.env, ...(await context.control.environment()), LOG_LEVEL, DEBUG };
  const file = builtFile('apps/gateway/src/shell.js');
  const child = spawn(process.execPath, ['--enable-source-maps', file], {
    cwd: repoRoot,
    env,
    stdio: 'inherit',
  });
  // Ctrl-C belongs to the prompt.
  process.on('SIGINT', () => {});
  const [code]: unknown[] = await once(child, 'exit');
  process.exitCode = typeof code === 'number' ? code : 1;
}
