import type { RuntimeName } from './gte-small/onnx-runtime.js';

/** What the child is started with: JSON, its one argument, so that `ps` shows it. */
export interface ModelProcessOptions {
  /** Folder in which the converted model is kept. */
  modelsDir: string;
  /** Threads of one run. */
  threads: number;
  /** Runtimes to try, in this order; default: native, then wasm. */
  runtimes?: RuntimeName[];
}

/** Parent to child: one batch. The next one is sent when this one is answered. */
export interface BatchRequest {
  texts: string[];
}

/** Child to parent. */
export type ModelProcessMessage =
  | { type: 'ready'; runtime: RuntimeName }
  /** The vectors of the batch, one after the other. */
  | { type: 'vectors'; vectors: Float32Array }
  /** This batch failed; the next may not. */
  | { type: 'failed'; message: string };
