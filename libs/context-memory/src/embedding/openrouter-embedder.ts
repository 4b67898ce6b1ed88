import type { Embedder, EmbeddingPurpose, EmbeddingSpace } from './embedder.port.js';
import { EmbeddingUnavailableError } from '../context-memory.errors.js';

/** What is needed of the upstream client: OpenAI's `POST /embeddings`. */
export interface EmbeddingsApi {
  embeddings(
    body: { model: string; input: string[]; dimensions?: number },
    signal?: AbortSignal,
  ): Promise<{ data: { index: number; embedding: number[] }[] }>;
}

/** Texts in one request; providers allow from 96 to 2,048. */
const maxTexts = 64;

/** Embeddings of a model behind OpenRouter. Costs money and needs the network; queries and passages go alike. */
export class OpenRouterEmbedder implements Embedder {
  readonly space: EmbeddingSpace;

  /** @param model as OpenRouter names it, `openai/text-embedding-3-small`, asked for vectors of `dimensions` numbers. */
  constructor(
    private readonly api: EmbeddingsApi,
    model: string,
    dimensions: number,
  ) {
    this.space = { provider: 'openrouter', model, dimensions };
  }

  async start(): Promise<void> {}

  async close(): Promise<void> {}

  async embed(texts: string[], _purpose: EmbeddingPurpose, signal?: AbortSignal): Promise<Float32Array[]> {
    const vectors: Float32Array[] = [];
    for (let from = 0; from < texts.length; from += maxTexts) {
      vectors.push(...(await this.batch(texts.slice(from, from + maxTexts), signal)));
    }
    return vectors;
  }

  private async batch(input: string[], signal?: AbortSignal): Promise<Float32Array[]> {
    signal?.throwIfAborted();
    const { model, dimensions } = this.space;
    try {
      const { data } = await this.api.embeddings({ model, input, dimensions }, signal);
      const byIndex = new Map(data.map(({ index, embedding }) => [index, embedding]));
      return input.map((_, index) => toVector(byIndex.get(index), dimensions));
    } catch (error) {
      signal?.throwIfAborted();
      throw new EmbeddingUnavailableError(`The embedding model ${model} is not available`, error);
    }
  }
}

/** The model answered, with vectors of other dimensions than it was asked for. */
export class WrongDimensionsError extends Error {}

/** One vector that does not fit would be refused by the database, or be wrong in every search: better none. */
function toVector(numbers: number[] | undefined, dimensions: number): Float32Array {
  if (numbers?.length !== dimensions) {
    const got = numbers?.length ?? 'none';
    throw new WrongDimensionsError(`expected a vector of ${dimensions} numbers, got ${got}`);
  }
  const vector = Float32Array.from(numbers);
  if (!vector.every(Number.isFinite)) throw new Error('a vector holds something that is not a finite number');
  return vector;
}
