import { Inject, Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AppConfig } from '#config';
import { metrics } from '#observability';
import { EMBEDDER } from '../embedding/embedder.token.js';
import type { Embedder } from '../embedding/embedder.port.js';
import { EmbeddingSpaceRepository } from '../indexing/embedding-space.repository.js';
import type { QuestionVector } from './candidates.repository.js';

/** Turns a question into a vector, or says in the log that it could not: recall then goes by words alone. */
@Injectable()
export class QuestionEmbedder {
  constructor(
    private readonly config: AppConfig,
    @Inject(EMBEDDER) private readonly embedder: Embedder,
    private readonly spaces: EmbeddingSpaceRepository,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(QuestionEmbedder.name);
  }

  /**
   * @returns undefined when the embedder is away, or slower than half of CONTEXT_RECALL_TIMEOUT_MS
   * @throws the signal's reason, DatabaseUnavailableError
   */
  async embed(
    workspaceId: string,
    question: string,
    signal?: AbortSignal,
  ): Promise<QuestionVector | undefined> {
    const { space } = this.embedder;
    const spaceId = await this.spaces.idOf(space);
    const patience = AbortSignal.timeout(this.config.memory.CONTEXT_RECALL_TIMEOUT_MS / 2);
    const stop = metrics.context.embeddingDuration.startTimer({ purpose: 'query' });
    try {
      const limit = signal ? AbortSignal.any([signal, patience]) : patience;
      const [vector] = await this.embedder.embed([question], 'query', limit);
      return vector && { vector, space, spaceId };
    } catch (error) {
      signal?.throwIfAborted();
      this.logger.warn(
        { workspace_id: workspaceId, degraded: ['dense'], exception: String(error) },
        'context_recall_degraded',
      );
      return undefined;
    } finally {
      stop();
    }
  }
}
