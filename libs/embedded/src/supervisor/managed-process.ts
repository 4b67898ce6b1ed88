import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { WriteStream } from 'node:fs';

import { openLog } from './log-sink.js';
import { endWithParent } from './programs.js';
import type { Readiness } from './readiness.js';
import { RestartPolicy } from './restart-policy.js';

export interface ProcessSpec {
  readonly name: string;
  /** Built file to run. */
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Its output goes here. */
  readonly logFile: string;
  readonly port?: number;
  readonly readiness: Readiness;
  readonly readyTimeoutMs?: number;
}

export type ProcessState = 'starting' | 'ready' | 'restarting' | 'failed' | 'stopped';

/** What is known about a process, as it goes over the control socket. */
export interface ProcessStatus {
  readonly name: string;
  readonly state: ProcessState;
  readonly pid?: number;
  readonly port?: number;
  /** RFC 3339 time of the last start. */
  readonly since?: string;
  readonly log_file: string;
}

/** Where a supervisor says what happens: an event name, details, and the words for people. */
export type SupervisorLog = (level: 'info' | 'warn' | 'error', event: string, details: object) => void;

const STOP_PATIENCE_MS = 35_000;

/** A child process that is started, watched, started again when it crashes, and stopped. */
export class ManagedProcess {
  private child: ChildProcess | undefined;
  private exited: Promise<unknown> = Promise.resolve();
  private state: ProcessState = 'stopped';
  private since: Date | undefined;
  private sink: WriteStream | undefined;
  private retry: NodeJS.Timeout | undefined;
  private readonly policy = new RestartPolicy();

  constructor(
    private current: ProcessSpec,
    private readonly log: SupervisorLog,
  ) {}

  get spec(): ProcessSpec {
    return this.current;
  }

  get status(): ProcessStatus {
    const { name, port, logFile } = this.spec;
    const pid = this.child?.pid;
    return { name, state: this.state, pid, port, since: this.since?.toISOString(), log_file: logFile };
  }

  /** Starts it and waits until it is ready. Rejects when it is not in time or ends before. */
  async start(): Promise<void> {
    if (this.child) return;
    this.policy.reset();
    await this.launch();
  }

  /** Asks it to end (SIGTERM), insists later (SIGKILL), and resolves when it is gone. */
  async stop(): Promise<void> {
    clearTimeout(this.retry);
    const { child } = this;
    this.child = undefined;
    this.state = 'stopped';
    if (!child) return;
    child.kill('SIGTERM');
    const insist = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
    await this.exited;
    clearTimeout(insist);
    this.log('info', 'process_stopped', { process: this.spec.name });
  }

  /** Stops it and starts it in this environment, which later starts keep. */
  async restart(env: NodeJS.ProcessEnv): Promise<void> {
    await this.stop();
    this.current = { ...this.current, env };
    await this.start();
  }

  private async launch(): Promise<void> {
    const { name, readiness, readyTimeoutMs = 120_000 } = this.spec;
    const child = this.spawn();
    this.state = 'starting';
    this.since = new Date();
    this.log('info', 'process_started', { process: name, pid: child.pid });
    const ended = new AbortController();
    const tooLate = AbortSignal.timeout(readyTimeoutMs);
    child.once('exit', (code, signal) => {
      ended.abort(new Error(`${name} ended at its start (${signal ?? `code ${code}`})`));
      this.onExit(child, code, signal);
    });
    const either = AbortSignal.any([ended.signal, tooLate]);
    try {
      await readiness(child, either);
    } catch (error) {
      if (ended.signal.aborted) throw ended.signal.reason;
      throw tooLate.aborted ? new Error(`${name} was not ready after ${readyTimeoutMs / 1000} s`) : error;
    }
    this.state = 'ready';
    this.log('info', 'process_ready', { process: name, pid: child.pid, port: this.spec.port });
  }

  private spawn(): ChildProcess {
    const { file, env, cwd, logFile } = this.spec;
    const args = [
      '--enable-source-maps',
      '--disable-warning=ExperimentalWarning',
      '--import',
      endWithParent,
      file,
    ];
    const child = spawn(process.execPath, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.sink ??= openLog(logFile);
    child.stdout?.pipe(this.sink, { end: false });
    child.stderr?.pipe(this.sink, { end: false });
    child.on('error', (error) =>
      this.log('error', 'process_error', { process: this.spec.name, error: error.message }),
    );
    this.child = child;
    this.exited = once(child, 'exit');
    return child;
  }

  private onExit(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    if (this.child !== child) return;
    this.child = undefined;
    const details = { process: this.spec.name, code, signal, log_file: this.spec.logFile };
    const delay = this.policy.afterCrash(Date.now());
    this.state = delay === undefined ? 'failed' : 'restarting';
    if (delay === undefined) {
      this.log('error', 'process_given_up', {
        ...details,
        advice: 'it ended 5 times within a minute: see its log',
      });
      return;
    }
    this.log('warn', 'process_crashed', { ...details, restart_in_ms: delay });
    this.retry = setTimeout(() => {
      this.launch().catch((error: unknown) =>
        this.log('error', 'process_not_ready', { process: this.spec.name, error: String(error) }),
      );
    }, delay);
  }
}
