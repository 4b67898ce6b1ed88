import { BatchQueue, type Batch } from './batch-queue.js';
import { planBatches } from './batch-plan.js';
import type { Embedder, EmbeddingPurpose, EmbeddingSpace } from './embedder.port.js';
import { EmbeddingUnavailableError } from '../context-memory.errors.js';
import { gteSmallDimensions } from './gte-small/gte-small.js';
import type { RuntimeName } from './gte-small/onnx-runtime.js';
import type { ModelProcessOptions } from './local-embedder.protocol.js';
import { ModelProcess, ModelProcessEndedError } from './model-process.js';

/** Characters of a text that are sent to the model: far more than the 512 tokens it reads. */
const maxCharacters = 16_384;
/** After a failed start calls fail fast for this long, instead of each forking a process that fails too. */
const restartDelayMs = 2_000;
const defaultTimeoutMs = 60_000;

/** The space of the one model that comes with the project. */
export const localSpace: EmbeddingSpace = {
  provider: 'local',
  model: 'gte-small-int8',
  dimensions: gteSmallDimensions,
};

/** Where the model's files are, and how long a call may take. */
export interface LocalEmbedderOptions extends ModelProcessOptions {
  /** Longest that a call takes, waiting for its turn included; in milliseconds, default 60,000. */
  timeoutMs?: number;
}

/**
 * gte-small in a forked child process: no key, no network, and this process's event loop stays free. The child is started
 * by the first call, again when it has died (a batch that was in it is tried once more), and ends with this process.
 *
 * A text counts by its first 512 tokens. A query takes 5 to 10 ms, a passage of 200 tokens 0.1 s of a core: hundreds of
 * passages are better given in several calls.
 */
export class LocalEmbedder implements Embedder {
  readonly space = localSpace;

  private readonly queue = new BatchQueue();
  private readonly closed = new AbortController();
  private process: Promise<ModelProcess> | undefined;
  private draining = false;

  constructor(private readonly options: LocalEmbedderOptions) {}

  async start(): Promise<void> {
    await this.modelProcess().catch(unavailable);
  }

  async close(): Promise<void> {
    this.closed.abort(new Error('the embedder was closed'));
    const process = await this.process?.catch(() => undefined);
    await process?.stop();
  }

  /** The child and the runtime it found (`wasm` is several times slower); undefined while there is no child. */
  async status(): Promise<{ pid?: number; runtime?: RuntimeName } | undefined> {
    const process = await this.process?.catch(() => undefined);
    return process && { pid: process.pid, runtime: process.runtime };
  }

  async embed(texts: string[], purpose: EmbeddingPurpose, signal?: AbortSignal): Promise<Float32Array[]> {
    signal?.throwIfAborted();
    const call = new AbortController();
    const timeoutMs = this.options.timeoutMs ?? defaultTimeoutMs;
    const timer = setTimeout(() => call.abort(new Error(`no vectors within ${timeoutMs} ms`)), timeoutMs);
    const stop = signal ? AbortSignal.any([signal, call.signal]) : call.signal;
    const inputs = texts.map((text) => text.slice(0, maxCharacters));
    const vectors = inputs.map((): Float32Array => new Float32Array(0));
    try {
      const batches = planBatches(inputs).map(async (indexes) => {
        const batch = indexes.map((index) => inputs[index] ?? '');
        const joined = await this.enqueue(batch, purpose, stop);
        for (const [row, index] of indexes.entries()) vectors[index] = rowOf(joined, row);
      });
      await Promise.all(batches);
      return vectors;
    } catch (error) {
      signal?.throwIfAborted();
      return unavailable(error);
    } finally {
      clearTimeout(timer);
      // What is left of a call that failed or was given up leaves the queue.
      call.abort();
    }
  }

  private enqueue(texts: string[], purpose: EmbeddingPurpose, signal: AbortSignal): Promise<Float32Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Float32Array>();
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    this.queue.push({ texts, purpose, signal, resolve, reject });
    void this.drain();
    return promise;
  }

  /** One batch at a time: what is not yet sent can still be overtaken by a query, or dropped. */
  private async drain(): Promise<void> {
    if (this.draining) return;
    this.draining = true;
    for (let batch = this.queue.next(); batch; batch = this.queue.next()) {
      await this.run(batch).then(batch.resolve, batch.reject);
    }
    this.draining = false;
  }

  private async run({ texts }: Batch): Promise<Float32Array> {
    try {
      const process = await this.modelProcess();
      return await process.run(texts);
    } catch (error) {
      if (!(error instanceof ModelProcessEndedError)) throw error;
      const process = await this.modelProcess();
      return process.run(texts);
    }
  }

  private modelProcess(): Promise<ModelProcess> {
    this.process ??= this.startProcess();
    return this.process;
  }

  private async startProcess(): Promise<ModelProcess> {
    const forget = () => {
      this.process = undefined;
    };
    try {
      const process = await ModelProcess.start(this.options, this.closed.signal);
      process.whenGone(forget);
      return process;
    } catch (error) {
      setTimeout(forget, restartDelayMs).unref();
      throw error;
    }
  }
}

function rowOf(joined: Float32Array, row: number): Float32Array {
  return joined.slice(row * gteSmallDimensions, (row + 1) * gteSmallDimensions);
}

function unavailable(cause: unknown): never {
  throw new EmbeddingUnavailableError('The local embedding model is not available', cause);
}
