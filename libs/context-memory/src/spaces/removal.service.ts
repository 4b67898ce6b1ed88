import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { Database, type SystemScope } from '#database';
import { type IndexedSpace, VectorIndexRepository } from '../indexing/vector-index.repository.js';
import { EmbeddingSpaces } from './embedding-spaces.js';
import { RemovalRepository } from './removal.repository.js';

/** Rows in one transaction, and transactions in a run: what is left waits for the next one. */
const rowsAtOnce = 1_000;
const roundsPerRun = 20;

/** Removes what operators have retired. It can break off anywhere and goes on with the next run. */
@Injectable()
export class RemovalService {
  constructor(
    private readonly database: Database,
    private readonly spaces: EmbeddingSpaces,
    private readonly repository: RemovalRepository,
    private readonly indexes: VectorIndexRepository,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(RemovalService.name);
  }

  async run(): Promise<void> {
    const due = await this.database.asSystem((scope) => this.repository.due(scope));
    for (const space of due) await this.remove(space);
  }

  private async remove({ id, provider, model, dimensions }: IndexedSpace): Promise<void> {
    // First the index, or each row would have to be taken out of it one by one.
    await this.indexes.drop(id);
    const steps: ((scope: SystemScope) => Promise<number>)[] = [
      (scope) => this.repository.moveIntoRows(scope, rowsAtOnce),
      (scope) => this.repository.clearRows(scope, id, rowsAtOnce),
      (scope) => this.repository.clearBeside(scope, id, rowsAtOnce),
    ];
    for (const step of steps) {
      if (!(await this.repeat(step))) return;
    }
    if (!(await this.database.asSystem((scope) => this.repository.remove(scope, id)))) return;
    this.spaces.forget();
    this.logger.info({ space_id: id, provider, model, dimensions }, 'embedding_space_removed');
  }

  /** @returns whether the step found nothing more to do */
  private async repeat(step: (scope: SystemScope) => Promise<number>): Promise<boolean> {
    for (let round = 0; round < roundsPerRun; round++) {
      if ((await this.database.asSystem(step)) === 0) return true;
    }
    return false;
  }
}
