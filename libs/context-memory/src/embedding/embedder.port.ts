/** Where vectors can be compared with each other. Two models never share a space, not even at equal dimensions. */
export interface EmbeddingSpace {
  /** Who computes it: `local`, `openrouter`. */
  readonly provider: string;
  readonly model: string;
  /** Numbers in a vector. */
  readonly dimensions: number;
}

/** Stable name of a space, as it is stored beside every vector: `local/gte-small-int8@384`. */
export function embeddingSpaceKey(space: EmbeddingSpace): string {
  return `${space.provider}/${space.model}@${space.dimensions}`;
}

/**
 * What a text is embedded for: a caller is waiting for a `query`; a `passage` is new, and yields to queries; a `fill` gives
 * what is stored already a vector in another space, and yields to both.
 */
export type EmbeddingPurpose = 'query' | 'passage' | 'fill';

/** Turns texts into vectors of one space. */
export interface Embedder {
  readonly space: EmbeddingSpace;

  /**
   * One vector of `space.dimensions` finite numbers for each text, in the order of the texts. Vectors may be shared with
   * other callers: treat them as read-only. (For JSON: `Array.from`; a typed array would become an object.)
   *
   * @throws EmbeddingUnavailableError whatever goes wrong, but for an abort: then the signal's reason.
   */
  embed(texts: string[], purpose: EmbeddingPurpose, signal?: AbortSignal): Promise<Float32Array[]>;

  /** Resolves when `embed` can answer at full speed. Need not be called: `embed` starts what it needs. */
  start(): Promise<void>;

  /** Ends what `start` began; calls in flight are refused. May be called twice. */
  close(): Promise<void>;
}
