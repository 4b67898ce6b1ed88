import { createRequire } from 'node:module';

/** `native` is onnxruntime-node; `wasm` is onnxruntime-web: the same vectors, three to five times slower. */
export type RuntimeName = 'native' | 'wasm';

interface OnnxTensorValue {
  data: unknown;
}

/** A model that is loaded. */
export interface OnnxSession {
  /** Blocks its thread until the result is there. */
  run(feeds: Record<string, OnnxTensorValue>): Promise<Record<string, OnnxTensorValue | undefined>>;
}

/** What the two packages have in common; the native one ships no types. */
export interface OnnxRuntime {
  Tensor: new (type: string, data: BigInt64Array | Int32Array, dims: number[]) => OnnxTensorValue;
  InferenceSession: {
    create(
      model: Uint8Array,
      options: { intraOpNumThreads: number; logSeverityLevel: number },
    ): Promise<OnnxSession>;
  };
  env: { wasm: { numThreads?: number } };
}

const packageNames: Record<RuntimeName, string> = { native: 'onnxruntime-node', wasm: 'onnxruntime-web' };
const errorsOnly = 3;

/**
 * A session of the model in the first runtime that loads: the native one needs glibc and a platform it was built for.
 *
 * @throws the last runtime's error when none loads.
 */
export async function createSession(
  model: Uint8Array,
  threads: number,
  order: RuntimeName[] = ['native', 'wasm'],
): Promise<{ name: RuntimeName; runtime: OnnxRuntime; session: OnnxSession }> {
  let failure: unknown;
  for (const name of order) {
    try {
      const runtime = load(packageNames[name]);
      runtime.env.wasm.numThreads = threads;
      const options = { intraOpNumThreads: threads, logSeverityLevel: errorsOnly };
      return { name, runtime, session: await runtime.InferenceSession.create(model, options) };
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function load(packageName: string): OnnxRuntime {
  return createRequire(import.meta.url)(packageName);
}
