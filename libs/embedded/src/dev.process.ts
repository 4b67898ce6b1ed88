import { CommandFailed, say } from './cli/console.js';
import { appName, commandContext, runningStatus, wordFor } from './cli/context.js';
import { logs } from './cli/logs.command.js';
import { seed } from './cli/seed.command.js';
import { shell } from './cli/shell.command.js';
import { start } from './cli/start.command.js';
import { healthCheck, status } from './cli/status.command.js';
import { stop } from './cli/stop.command.js';
import { logSettingsOf } from './supervisor/log-settings.js';

/** The commands behind scripts/dev.sh, which has installed and built. */
const context = commandContext();

const commands: Record<string, (args: readonly string[]) => Promise<void>> = {
  start: ([word]) => start(context, word),
  stop: () => stop(context),
  status: () => status(context),
  'health-check': () => healthCheck(context),
  logs: (args) => logs(context, args),
  shell: ([word]) => shell(context, word),
  seed: () => seed(context),
  async restart([word]) {
    const name = appName(word);
    await runningStatus(context);
    say(`Restarting ${wordFor(name)} …`);
    await context.control.restart(name, logSettingsOf(process.env));
    await status(context);
  },
};

// `dev.sh logs | head` closes the pipe: that is an end, not an error.
process.stdout.on('error', () => process.exit(0));

const [name = '', ...args] = process.argv.slice(2);
try {
  const command = commands[name];
  if (!command) throw new CommandFailed(`No such command: ${name}`);
  await command(args);
} catch (error) {
  process.stderr.write(
    `${error instanceof Error && !(error instanceof CommandFailed) ? error.stack : String(error instanceof Error ? error.message : error)}\n`,
  );
  process.exitCode = 1;
}
