import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AppConfig } from '#config';
import { metrics } from '#observability';
import { Embedders } from '../embedding/embedders.js';
import { EmbeddingSpaces } from '../spaces/embedding-spaces.js';
import type { StoredSpace } from '../spaces/stored-space.js';
import type { QuestionVector } from './candidates.repository.js';
import type { Degradation } from './recall-result.js';

/** How much of the time for embedding the first space gets where there is another to fall back on; the rest is that one's. */
const firstShare = 0.7;

/** A question's vector, if it has one, and what had to be done without. */
export interface EmbeddedQuestion {
  question: QuestionVector | undefined;
  degraded: Degradation[];
}

/**
 * Turns a question into a vector of the space that its workspace is read by; when that space's embedder is away, into one of a
 * local space that is filled, and else into none: recall then goes by words alone. The vector is compared with those of its
 * own space only.
 */
@Injectable()
export class QuestionEmbedder {
  constructor(
    private readonly config: AppConfig,
    private readonly spaces: EmbeddingSpaces,
    private readonly embedders: Embedders,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(QuestionEmbedder.name);
  }

  /**
   * Takes half of CONTEXT_RECALL_TIMEOUT_MS at most.
   * @throws the signal's reason, DatabaseUnavailableError
   */
  async embed(workspaceId: string, question: string, signal?: AbortSignal): Promise<EmbeddedQuestion> {
    const order = await this.spaces.forReading(workspaceId);
    const patience = this.config.memory.CONTEXT_RECALL_TIMEOUT_MS / 2;
    const end = performance.now() + patience;
    for (const [i, space] of order.entries()) {
      const isLast = i === order.length - 1;
      const wait = isLast ? end - performance.now() : patience * firstShare;
      const degraded: Degradation = isLast ? 'dense' : 'dense_fallback';
      const vector = await this.tryIn(space, question, wait, signal, (error) =>
        this.logger.warn(
          { workspace_id: workspaceId, degraded: [degraded], space_id: space.id, exception: String(error) },
          'context_recall_degraded',
        ),
      );
      if (vector) {
        return { question: { vector, space }, degraded: i === 0 ? [] : ['dense_fallback'] };
      }
    }
    return { question: undefined, degraded: ['dense'] };
  }

  private async tryIn(
    space: StoredSpace,
    question: string,
    wait: number,
    signal: AbortSignal | undefined,
    failed: (error: unknown) => void,
  ): Promise<Float32Array | undefined> {
    const patience = AbortSignal.timeout(Math.max(1, Math.round(wait)));
    const stop = metrics.context.embeddingDuration.startTimer({ purpose: 'query' });
    try {
      const limit = signal ? AbortSignal.any([signal, patience]) : patience;
      const [vector] = await this.embedders.of(space).embed([question], 'query', limit);
      return vector;
    } catch (error) {
      signal?.throwIfAborted();
      failed(error);
      return undefined;
    } finally {
      stop();
    }
  }
}
