import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RuntimeName } from './gte-small/onnx-runtime.js';
import type { BatchRequest, ModelProcessMessage, ModelProcessOptions } from './local-embedder.protocol.js';

/** Beside this file in the built tree. Run from the sources (tests), the built child is used: build first. */
const processFile = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts')
      ? '../../../../dist/libs/context-memory/src/embedding/local-embedder.process.js'
      : './local-embedder.process.js',
    import.meta.url,
  ),
);

/** The first start converts the model; on a slow disk and a busy core that may take a while. */
const startTimeoutMs = 120_000;
/** A batch takes 0.2 s of a core (1 s in wasm). A process that is silent for this long is stuck, and is killed. */
const batchTimeoutMs = 15_000;
/** Characters of standard error that are kept to say why the process ended. */
const keptStderr = 2_000;

/** The process ended, or had to be ended, before it answered: the batch may be tried in another one. */
export class ModelProcessEndedError extends Error {}

/** The parent's handle of one model process. It runs one batch at a time. */
export class ModelProcess {
  private waiting: PromiseWithResolvers<ModelProcessMessage> | undefined;
  private end: ModelProcessEndedError | undefined;
  private stderr = '';
  private loaded: RuntimeName | undefined;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (message: ModelProcessMessage) => this.waiting?.resolve(message));
    child.on('error', (error) => this.ended(error.message));
    child.on('close', (code, signal) => this.ended(signal ?? `code ${code}`));
    child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr = (this.stderr + chunk.toString()).slice(-keptStderr);
    });
  }

  /**
   * A process that has loaded the model. An abort ends a start that is under way.
   *
   * @throws ModelProcessEndedError when it did not come up: no model files, no runtime.
   */
  static async start(options: ModelProcessOptions, signal: AbortSignal): Promise<ModelProcess> {
    signal.throwIfAborted();
    const child = fork(processFile, [JSON.stringify(options)], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const kill = () => child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    try {
      const starting = new ModelProcess(child);
      const message = await starting.answer(startTimeoutMs);
      if (message.type === 'ready') starting.loaded = message.runtime;
      return starting;
    } finally {
      signal.removeEventListener('abort', kill);
    }
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get runtime(): RuntimeName | undefined {
    return this.loaded;
  }

  /**
   * Vectors of one batch, one after the other. Not to be called again before it has settled.
   *
   * @throws ModelProcessEndedError when the process died or was stuck and killed; Error when the model refused the batch.
   */
  async run(texts: string[]): Promise<Float32Array> {
    const request: BatchRequest = { texts };
    // A process that is gone refuses the message; what counts is that it closes.
    this.child.send(request, () => undefined);
    const message = await this.answer(batchTimeoutMs);
    if (message.type === 'vectors') return message.vectors;
    throw new Error(message.type === 'failed' ? message.message : 'the model process answered out of turn');
  }

  /** Calls `listener` when the process is gone, before a batch that was in it is refused. */
  whenGone(listener: () => void): void {
    this.child.once('close', listener);
  }

  /** Resolves when the process is gone; what it was doing is lost. */
  async stop(): Promise<void> {
    if (this.end) return;
    const gone = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await gone;
  }

  private async answer(timeoutMs: number): Promise<ModelProcessMessage> {
    if (this.end) throw this.end;
    this.waiting = Promise.withResolvers();
    const stuck = setTimeout(() => this.child.kill('SIGKILL'), timeoutMs);
    try {
      return await this.waiting.promise;
    } finally {
      clearTimeout(stuck);
      this.waiting = undefined;
    }
  }

  private ended(why: string): void {
    this.end ??= new ModelProcessEndedError(`the model process ended (${why}) ${this.stderr}`.trim());
    this.waiting?.reject(this.end);
  }
}
