import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

import { CommandFailed, say } from './console.js';
import type { CommandContext } from './context.js';
import { logLine } from './log-line.js';

const LINES = 200;

type Tail = ChildProcessByStdio<null, Readable, null>;

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
  await (args.includes('--json') ? showRaw(tail) : showReadable(tail));
}

async function showRaw(tail: Tail): Promise<void> {
  tail.stdout.pipe(process.stdout);
  await once(tail, 'close');
}

async function showReadable(tail: Tail): Promise<void> {
  for await (const line of createInterface({ input: tail.stdout })) say(logLine(line));
}
