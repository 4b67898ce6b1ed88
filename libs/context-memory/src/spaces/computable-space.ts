import { InvalidRequestError } from '#common';
import { UpstreamError, type UpstreamErrorKind } from '#openrouter';
import { EmbeddingUnavailableError } from '../context-memory.errors.js';
import type { EmbeddingSpace } from '../embedding/embedder.port.js';
import type { Embedders } from '../embedding/embedders.js';
import { WrongDimensionsError } from '../embedding/openrouter-embedder.js';

/** What the provider says of a request that will never succeed. */
const refusals: ReadonlySet<UpstreamErrorKind> = new Set(['not_found', 'invalid_request']);

/**
 * Has a text embedded, so that no space is made that nothing can fill.
 * @throws InvalidRequestError naming the field, EmbeddingUnavailableError when it may succeed later
 */
export async function assertComputable(space: EmbeddingSpace, embedders: Embedders): Promise<void> {
  try {
    await embedders.of(space).embed(['ready?'], 'passage');
  } catch (error) {
    if (!(error instanceof EmbeddingUnavailableError)) throw error;
    const { cause } = error;
    if (cause instanceof WrongDimensionsError) {
      throw new InvalidRequestError(
        `${space.model} gives no vectors of ${space.dimensions} numbers`,
        'dimensions',
      );
    }
    if (cause instanceof UpstreamError && refusals.has(cause.kind)) {
      throw new InvalidRequestError(`The provider has no embedding model ${space.model}`, 'model');
    }
    throw error;
  }
}
