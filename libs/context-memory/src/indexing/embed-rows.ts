import { EmbeddingUnavailableError } from '../context-memory.errors.js';
import type { Embedder, EmbeddingPurpose } from '../embedding/embedder.port.js';
import { vectorLiteral } from './vector-literal.js';

/** What became of rows: those with a vector, as pgvector reads it, and those without, with the reason. */
export interface EmbeddedRows<Row> {
  done: { row: Row; vector: string }[];
  failed: { row: Row; error: string }[];
}

/** Characters of a reason that are kept. */
const maxReason = 500;

/**
 * Embeds the texts of rows. One text may spoil its batch, so after a failure each is tried alone.
 * @throws EmbeddingUnavailableError when it is the embedder that is away, which no text must answer for
 */
export async function embedRows<Row extends { text: string }>(
  embedder: Embedder,
  rows: Row[],
  purpose: EmbeddingPurpose,
): Promise<EmbeddedRows<Row>> {
  try {
    const texts = rows.map(({ text }) => text);
    const vectors = await embedder.embed(texts, purpose);
    const { dimensions } = embedder.space;
    return {
      done: rows.map((row, i) => ({ row, vector: vectorLiteral(vectors[i] ?? [], dimensions) })),
      failed: [],
    };
  } catch (error) {
    await assertWorking(embedder, purpose);
    const [row] = rows;
    if (row && rows.length === 1) return { done: [], failed: [{ row, error: reasonOf(error) }] };
  }
  const all: EmbeddedRows<Row> = { done: [], failed: [] };
  for (const row of rows) {
    const { done, failed } = await embedRows(embedder, [row], purpose);
    all.done.push(...done);
    all.failed.push(...failed);
  }
  return all;
}

async function assertWorking(embedder: Embedder, purpose: EmbeddingPurpose): Promise<void> {
  const { model, dimensions } = embedder.space;
  const [vector] = await embedder.embed(['ready?'], purpose);
  if (vector?.length !== dimensions) {
    throw new EmbeddingUnavailableError(`The embedding model ${model} gives vectors of another space`);
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message.slice(0, maxReason) : 'unknown';
