import type { Embedder, EmbeddingSpace } from './embedder.port.js';

/** Names, among Nest's providers, the embedder that the environment configures: an interface has no name at run time. */
export const EMBEDDER = Symbol('Embedder');

/** Names what makes the embedders of the other spaces. */
export const EMBEDDER_MAKER = Symbol('EmbedderMaker');

/** @returns undefined when nothing here computes vectors of this space */
export type EmbedderMaker = (space: EmbeddingSpace) => Embedder | undefined;
