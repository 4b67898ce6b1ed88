import { Inject, Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AppConfig } from '#config';
import { Database } from '#database';
import { EMBEDDER } from '../embedding/embedder.token.js';
import type { Embedder } from '../embedding/embedder.port.js';
import { EmbeddingSpaceRepository } from './embedding-space.repository.js';
import { VectorIndexRepository } from './vector-index.repository.js';

const checkEveryMs = 60_000;

/** Builds the approximate index once a workspace has outgrown exact search. Until it is there, search stays exact. */
@Injectable()
export class VectorIndexService {
  private lastCheck = Number.NEGATIVE_INFINITY;
  private ready = false;

  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    @Inject(EMBEDDER) private readonly embedder: Embedder,
    private readonly spaces: EmbeddingSpaceRepository,
    private readonly repository: VectorIndexRepository,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(VectorIndexService.name);
  }

  /** Builds the index of the space in use if it is wanted and missing; looks once a minute at most. */
  async ensure(): Promise<void> {
    if (this.ready || performance.now() - this.lastCheck < checkEveryMs) return;
    this.lastCheck = performance.now();
    const { space } = this.embedder;
    const spaceId = await this.spaces.idOf(space);
    const exactRows = this.config.memory.CONTEXT_EXACT_SEARCH_ROWS;
    const wanted = await this.database.asSystem(async (scope) => {
      this.ready = await this.repository.isReady(scope, spaceId);
      return !this.ready && (await this.repository.isNeeded(scope, spaceId, exactRows));
    });
    if (!wanted) return;
    const start = performance.now();
    const built = await this.repository.create(spaceId, space);
    const fields = { model: space.model, dimensions: space.dimensions, built };
    this.logger.info({ ...fields, duration_ms: Math.round(performance.now() - start) }, 'vector_index_built');
  }
}
