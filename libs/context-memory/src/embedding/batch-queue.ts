import type { EmbeddingPurpose } from './embedder.port.js';

/** Texts that go through the model in one run, and who waits for them. */
export interface Batch {
  texts: string[];
  purpose: EmbeddingPurpose;
  /** When it fires the batch need not be run any more. */
  signal: AbortSignal;
  resolve: (vectors: Float32Array) => void;
  reject: (error: unknown) => void;
}

/**
 * Batches that wait for the model: queries first, then new passages, then fills, each kind in order of arrival. A query so
 * waits for the batch that is running (0.1 to 0.2 s) and for other queries, never for a heap of passages; each kind waits as
 * long as those before it keep the model busy.
 */
export class BatchQueue {
  private readonly waiting: Record<EmbeddingPurpose, Batch[]> = { query: [], passage: [], fill: [] };

  push(batch: Batch): void {
    this.waiting[batch.purpose].push(batch);
  }

  /** The batch to run next. Those that nobody waits for any more are dropped on the way. */
  next(): Batch | undefined {
    for (;;) {
      const { query, passage, fill } = this.waiting;
      const batch = query.shift() ?? passage.shift() ?? fill.shift();
      if (!batch?.signal.aborted) return batch;
    }
  }
}
