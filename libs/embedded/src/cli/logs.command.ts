import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { basename, join } from 'node:path';

import { repoRoot } from '../layout.js';
import { CommandFailed } from './console.js';
import type { CommandContext } from './context.js';

const LINES = 200;
const PRETTY = [
  '--messageKey',
  'message',
  '--timestampKey',
  'timestamp',
  '--levelKey',
  'level',
  '--translateTime',
  'SYS:HH:MM:ss.l',
];

/** `logs app|worker|… [-f] [--json]`: the end of a log, and what follows with -f, for people or as it was written. */
export async function logs({ layout }: CommandContext, args: readonly string[]): Promise<void> {
  const known = globSync('*.log', { cwd: layout.logs }).map((file) => basename(file, '.log'));
  const name = args.find((word) => !word.startsWith('-')) ?? 'app';
  const file = join(layout.logs, `${name === 'gateway' ? 'app' : name}.log`);
  if (!existsSync(file))
    throw new CommandFailed(
      `There is no log of ${name}. Known: ${known.toSorted().join(', ') || 'none yet'}`,
    );
  const follow = args.includes('-f') ? ['-F'] : [];
  const tail = spawn('tail', ['-n', String(LINES), ...follow, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Ctrl-C ends `tail`; this process stays until all of it is shown.
  process.on('SIGINT', () => tail.kill());
  await (args.includes('--json') ? showRaw(tail) : showPretty(tail));
}

async function showRaw(tail: ChildProcess): Promise<void> {
  tail.stdout?.pipe(process.stdout);
  await once(tail, 'close');
}

async function showPretty(tail: ChildProcess): Promise<void> {
  const bin = join(repoRoot, 'node_modules/pino-pretty/bin.js');
  const pretty = spawn(process.execPath, [bin, ...PRETTY], { stdio: ['pipe', 'inherit', 'inherit'] });
  tail.stdout?.pipe(pretty.stdin);
  await once(pretty, 'close');
}
