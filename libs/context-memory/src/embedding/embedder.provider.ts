import { PinoLogger } from 'nestjs-pino';
import { AppConfig } from '#config';
import { OpenRouterApi } from '#openrouter';
import { CachedQueryEmbedder } from './cached-query-embedder.js';
import type { Embedder } from './embedder.port.js';
import { LocalEmbedder } from './local-embedder.js';
import { OpenRouterEmbedder } from './openrouter-embedder.js';
import { EMBEDDER } from './embedder.token.js';
import { embeddingsOver } from './embeddings-api.js';

/** The embedder that EMBEDDING_PROVIDER names, for the whole process. */
export const embedderProvider = {
  provide: EMBEDDER,
  inject: [AppConfig, OpenRouterApi, PinoLogger],
  useFactory: ({ embedding }: AppConfig, upstream: OpenRouterApi, logger: PinoLogger): Embedder => {
    const embedder =
      embedding.EMBEDDING_PROVIDER === 'openrouter'
        ? new OpenRouterEmbedder(
            embeddingsOver(upstream),
            embedding.EMBEDDING_MODEL,
            embedding.EMBEDDING_DIMENSIONS,
          )
        : new LocalEmbedder({ modelsDir: embedding.MODELS_DIR, threads: embedding.EMBEDDING_THREADS });
    logger.setContext('embedder');
    logger.info({ ...embedder.space }, 'embedder_selected');
    return new CachedQueryEmbedder(embedder);
  },
};
