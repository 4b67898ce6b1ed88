import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** npm and vitest run in the root of the repository, where the built tree is. */
const root = process.cwd();
/** A test run that is killed leaves no process of the product behind. */
const endsWithParent = ['--import', join(root, 'dist/libs/embedded/src/end-with-parent.process.js')];
const startTimeoutMs = 90_000;

export interface RunningProcess {
  readonly url: string;
  readonly pid: number;
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
  stop(): Promise<void>;
}

interface ProcessOptions {
  name: string;
  /** Built file, from the root of the repository. */
  file: string;
  env: NodeJS.ProcessEnv;
  /** Wait until this path answers 200. */
  readyPath?: string | undefined;
  /** Its output goes to `<name>.log` here. */
  logDirectory: string;
  /** Told of it at once: one that never gets ready must be ended, too. */
  spawned?: (process: RunningProcess) => void;
}

/** Starts a built file as a process of its own, on a free port, and waits until it is ready. */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const port = await freePort();
  const log = join(options.logDirectory, `${options.name}.log`);
  const child = spawn(process.execPath, ['--enable-source-maps', ...endsWithParent, options.file], {
    cwd: root,
    env: { PATH: process.env['PATH'], ...options.env, ...portEnv(options, port) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const output = createWriteStream(log, { flags: 'a' });
  child.stdout?.pipe(output, { end: false });
  child.stderr?.pipe(output, { end: false });
  const exited = once(child, 'exit').then(([code]: (number | null)[]) => code ?? null);
  const running = {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    exited: exited.then((code) => {
      if (code !== 0 && code !== null)
        throw new Error(`${options.name} ended with ${code}:\n${readFileSync(log, 'utf8').slice(-4_000)}`);
      return code;
    }),
    stop: () => stopChild(child, exited),
  };
  running.exited.catch(() => undefined);
  options.spawned?.(running);
  if (options.readyPath !== undefined) await untilReady(running.url + options.readyPath, running.exited, log);
  return running;
}

// The port is asked for beforehand, because a process says its own only in its log.
const portEnv = (options: ProcessOptions, port: number): NodeJS.ProcessEnv => ({
  [options.file.includes('worker') ? 'WORKER_HEALTH_PORT' : 'PORT']: String(port),
});

async function stopChild(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const stuck = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await exited;
  clearTimeout(stuck);
}

async function untilReady(url: string, exited: Promise<unknown>, log: string): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline) {
    const answer = await Promise.race([fetch(url).catch(() => undefined), exited.then(() => undefined)]);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} was not ready in time:\n${readFileSync(log, 'utf8').slice(-4_000)}`);
}

/**
 * A port that nobody listens on. Below those that outgoing connections are given: on a busy machine a process takes its port
 * up a minute later, and any connection of anybody could have got one of theirs meanwhile.
 */
async function freePort(): Promise<number> {
  const port = 20_000 + Math.floor(Math.random() * 12_000);
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return freePort();
  }
  server.close();
  await once(server, 'close');
  return port;
}
