import { UnavailableError } from '#common';

/** 503: no vectors for now. Recall goes on without the dense leg; ingest keeps the item and embeds it later. */
export class EmbeddingUnavailableError extends UnavailableError {
  constructor(message: string, cause?: unknown) {
    super(message, 'embedding_unavailable', cause);
  }
}
