import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import type { RunningStore } from './forked-store.js';
import { untilListening } from './ports.js';

/** A real server for tests, which can be hurt on purpose. */
export interface RealServer extends RunningStore {
  /** Stops it from answering, with its connections left open (SIGSTOP). */
  freeze(): void;
  thaw(): void;
  /** SIGKILL: no good-bye to clients, nothing flushed. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Stops it if it runs and starts it again on the same port, with what it kept on disk. */
  restart(): Promise<void>;
}

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly port: number;
  readonly url: string;
  /** A command that succeeds once the server takes queries, where accepting connections does not mean that yet. */
  readonly probe?: readonly [string, ...string[]];
  /** Its own folder, removed when it stops for good. */
  readonly directory: string;
}

/** Starts a server program and waits until it accepts connections. */
export async function startServer(server: ServerCommand): Promise<RealServer> {
  let child = await launch(server);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (hasEnded(child)) return;
    const exited = once(child, 'exit');
    signalAll(child, signal);
    // A frozen process takes no other signal before it goes on.
    if (signal !== 'SIGKILL') signalAll(child, 'SIGCONT');
    await exited;
  };
  return {
    url: server.url,
    freeze: () => signalAll(child, 'SIGSTOP'),
    thaw: () => signalAll(child, 'SIGCONT'),
    kill: () => end('SIGKILL'),
    async restart() {
      await end('SIGINT');
      child = await launch(server);
    },
    async stop() {
      // For PostgreSQL this is the fast shutdown, which does not wait for clients.
      await end('SIGINT');
      await rm(server.directory, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to start until the last process of a killed one is gone: try for a while. */
async function launch(server: ServerCommand, until = Date.now() + 10_000): Promise<ChildProcess> {
  const { command, args, directory } = server;
  const child = spawn(command, args, { cwd: directory, stdio: 'ignore' });
  const ended = once(child, 'exit').then(() => 'ended' as const);
  const outcome = await Promise.race([untilServing(server).then(() => 'serving' as const), ended]);
  if (outcome === 'serving') return child;
  if (Date.now() > until) throw new Error(`${command} does not start`);
  await sleep(100);
  return launch(server, until);
}

async function untilServing({ port, probe }: ServerCommand): Promise<void> {
  await untilListening(port);
  if (!probe) return;
  const [command, ...args] = probe;
  for (let tries = 0; tries < 200; tries++) {
    const [code]: unknown[] = await once(spawn(command, args, { stdio: 'ignore' }), 'exit');
    if (code === 0) return;
    await sleep(50);
  }
  throw new Error(`${command} does not succeed`);
}

/** PostgreSQL's connections are processes of their own, which a signal to the first one does not reach. */
function signalAll(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || hasEnded(child)) return;
  const children = signal === 'SIGINT' ? [] : childrenOf(child.pid);
  for (const pid of [child.pid, ...children]) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended between the look and the signal.
    }
  }
}

function childrenOf(pid: number): number[] {
  try {
    const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return list === '' ? [] : list.split(' ').map(Number);
  } catch {
    return [];
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
