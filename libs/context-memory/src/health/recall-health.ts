/** What a probe of a workspace's recall found. No text of anybody is in it. */
export interface RecallMeasurement {
  /** Items that were asked for by what remained of their text. */
  asked: number;
  /** Of them, those that came back among the first `topK`. */
  found: number;
  topK: number;
  /** Legs that were away meanwhile. */
  degraded: string[];
  measuredAt: Date;
}

/** Rows of a workspace by what became of their vectors; a text that was split has several. */
export interface VectorCounts {
  withVectors: number;
  withoutVectors: number;
  /** Of those without: they wait to be embedded. */
  pending: number;
  /** Of those without: they were given up, and their items say why. */
  failed: number;
}

/** How well a workspace's memory works. */
export interface RecallHealth {
  /** The latest; absent until the workspace has been probed. */
  measurement: RecallMeasurement | undefined;
  items: VectorCounts;
}
