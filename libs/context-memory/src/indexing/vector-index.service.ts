import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AppConfig } from '#config';
import { Database } from '#database';
import { EmbeddingSpaces } from '../spaces/embedding-spaces.js';
import type { StoredSpace } from '../spaces/stored-space.js';
import { VectorIndexRepository, type VectorTable, vectorTables } from './vector-index.repository.js';

const checkEveryMs = 60_000;

/** Builds the approximate index of a space once a workspace has outgrown exact search. Until it is there, search stays exact. */
@Injectable()
export class VectorIndexService {
  private lastCheck = Number.NEGATIVE_INFINITY;
  private readonly ready = new Set<string>();

  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly spaces: EmbeddingSpaces,
    private readonly repository: VectorIndexRepository,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(VectorIndexService.name);
  }

  /** Builds what is wanted and missing; looks once a minute at most. */
  async ensure(): Promise<void> {
    if (performance.now() - this.lastCheck < checkEveryMs) return;
    this.lastCheck = performance.now();
    for (const space of await this.spaces.all()) {
      // An index is built faster than it grows: a space has its own when it is full, and before it is read.
      if (space.status !== 'active' && (space.status === 'retired' || !space.filledAt)) continue;
      for (const table of vectorTables) await this.ensureIn(table, space);
    }
  }

  private async ensureIn(table: VectorTable, space: StoredSpace): Promise<void> {
    const key = `${table}:${space.id}`;
    if (this.ready.has(key)) return;
    const exactRows = this.config.memory.CONTEXT_EXACT_SEARCH_ROWS;
    const wanted = await this.database.asSystem(async (scope) => {
      if (await this.repository.isReady(scope, table, space)) this.ready.add(key);
      return !this.ready.has(key) && (await this.repository.isNeeded(scope, table, space, exactRows));
    });
    if (!wanted) return;
    const start = performance.now();
    const built = await this.repository.create(table, space);
    const { id, model, dimensions } = space;
    const fields = { table, space_id: id, model, dimensions, built };
    this.logger.info({ ...fields, duration_ms: Math.round(performance.now() - start) }, 'vector_index_built');
  }
}
