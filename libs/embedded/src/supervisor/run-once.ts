import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';

import { openLog } from './log-sink.js';

/**
 * Runs a built file to its end, with its output in a log file, and resolves with the last line that it wrote. Rejects with
 * that line when it does not end with 0.
 */
export async function runOnce(
  file: string,
  env: NodeJS.ProcessEnv,
  cwd: string,
  logFile: string,
): Promise<string> {
  const sink = openLog(logFile);
  const child = spawn(process.execPath, ['--enable-source-maps', file], {
    env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.pipe(sink, { end: false });
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const [code]: unknown[] = await once(child, 'close');
  // Whoever hears of a failure reads the log next.
  await finished(sink.end());
  const lastLine = output.trimEnd().split('\n').at(-1) ?? '';
  if (code !== 0) throw new Error(lastLine || `${file} ended with ${String(code)}`);
  return lastLine;
}
