import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';

import { openLog } from './log-sink.js';

/** Runs a built file to its end, with its output in a log file. Rejects when it does not end with 0. */
export async function runOnce(
  file: string,
  env: NodeJS.ProcessEnv,
  cwd: string,
  logFile: string,
): Promise<void> {
  const sink = openLog(logFile);
  const child = spawn(process.execPath, ['--enable-source-maps', file], {
    env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.pipe(sink, { end: false });
  child.stderr.pipe(sink, { end: false });
  const [code]: unknown[] = await once(child, 'close');
  // Whoever hears of a failure reads the log next.
  await finished(sink.end());
  if (code !== 0) throw new Error(`${file} ended with ${String(code)}`);
}
