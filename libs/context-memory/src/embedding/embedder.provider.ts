import { PinoLogger } from 'nestjs-pino';
import { AppConfig } from '#config';
import { OpenRouterApi } from '#openrouter';
import { BreakerEmbedder } from './breaker-embedder.js';
import { CachedQueryEmbedder } from './cached-query-embedder.js';
import { type Embedder, embeddingSpaceKey } from './embedder.port.js';
import { LocalEmbedder, localSpace } from './local-embedder.js';
import { OpenRouterEmbedder } from './openrouter-embedder.js';
import { EMBEDDER, EMBEDDER_MAKER, type EmbedderMaker } from './embedder.token.js';
import { embeddingsOver } from './embeddings-api.js';

/** What makes the embedder of a space: of the one local model there is, or of any that OpenRouter has. */
export const embedderMakerProvider = {
  provide: EMBEDDER_MAKER,
  inject: [AppConfig, OpenRouterApi],
  useFactory:
    ({ embedding }: AppConfig, upstream: OpenRouterApi): EmbedderMaker =>
    (space) => {
      if (embeddingSpaceKey(space) === embeddingSpaceKey(localSpace)) {
        const { MODELS_DIR: modelsDir, EMBEDDING_THREADS: threads } = embedding;
        return new CachedQueryEmbedder(new LocalEmbedder({ modelsDir, threads }));
      }
      if (space.provider !== 'openrouter') return undefined;
      const remote = new OpenRouterEmbedder(embeddingsOver(upstream), space.model, space.dimensions);
      return new CachedQueryEmbedder(new BreakerEmbedder(remote));
    },
};

/** The embedder that EMBEDDING_PROVIDER names: the one that an installation begins with. */
export const embedderProvider = {
  provide: EMBEDDER,
  inject: [AppConfig, EMBEDDER_MAKER, PinoLogger],
  useFactory: ({ embedding }: AppConfig, make: EmbedderMaker, logger: PinoLogger): Embedder => {
    const space =
      embedding.EMBEDDING_PROVIDER === 'openrouter'
        ? {
            provider: 'openrouter',
            model: embedding.EMBEDDING_MODEL,
            dimensions: embedding.EMBEDDING_DIMENSIONS,
          }
        : localSpace;
    const embedder = make(space);
    if (!embedder) throw new Error(`Nothing computes vectors of ${embeddingSpaceKey(space)}`);
    logger.setContext('embedder');
    logger.info({ ...space }, 'embedder_configured');
    return embedder;
  },
};
