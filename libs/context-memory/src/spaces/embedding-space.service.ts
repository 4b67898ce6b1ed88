import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { NotFoundError } from '#common';
import { Database, type SystemScope } from '#database';
import { SpaceInUseError, SpaceRetiredError } from '../context-memory.errors.js';
import { type EmbeddingSpace, embeddingSpaceKey } from '../embedding/embedder.port.js';
import { Embedders } from '../embedding/embedders.js';
import { assertComputable } from './computable-space.js';
import { EmbeddingSpaceRepository } from './embedding-space.repository.js';
import { EmbeddingSpaces } from './embedding-spaces.js';
import { FillRepository } from './fill.repository.js';
import type { FillProgress, StoredSpace } from './stored-space.js';

/** A space and how far it is filled. */
export type SpaceWithProgress = StoredSpace & { fill: FillProgress };

/** What operators do with embedding spaces. What is changed holds in every process within a second. */
@Injectable()
export class EmbeddingSpaceService {
  constructor(
    private readonly database: Database,
    private readonly embedders: Embedders,
    private readonly spaces: EmbeddingSpaces,
    private readonly repository: EmbeddingSpaceRepository,
    private readonly fills: FillRepository,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(EmbeddingSpaceService.name);
  }

  /** The oldest first. */
  list(): Promise<SpaceWithProgress[]> {
    return this.database.asSystem(async (scope) => {
      const found: SpaceWithProgress[] = [];
      for (const space of await this.repository.list(scope))
        found.push(await this.withProgress(scope, space));
      return found;
    });
  }

  /** @throws NotFoundError */
  get(id: number): Promise<SpaceWithProgress> {
    return this.database.asSystem(async (scope) => this.withProgress(scope, await this.require(scope, id)));
  }

  /**
   * Begins to fill a space; one that is there already stays as it is.
   * @throws InvalidRequestError naming the field, EmbeddingUnavailableError when its embedder does not answer,
   *   SpaceRetiredError while an earlier one of that name is being removed
   */
  async create(space: EmbeddingSpace): Promise<SpaceWithProgress> {
    await assertComputable(space, this.embedders);
    const key = embeddingSpaceKey(space);
    const { id, stored } = await this.database.asSystem(async (scope) => {
      await this.repository.lock(scope);
      const stored = (await this.repository.list(scope)).find((each) => embeddingSpaceKey(each) === key);
      if (stored?.status === 'retired') throw new SpaceRetiredError(stored.id);
      return { id: stored?.id ?? (await this.repository.insert(scope, space)), stored };
    });
    if (!stored?.filledAt) {
      // In a transaction of its own: whoever stores a text from here on sees the space and asks for it himself.
      await this.database.asSystem(async (scope) => {
        await this.fills.open(scope, id);
        await this.fills.markFilled(scope, id);
      });
    }
    this.spaces.forget();
    if (!stored) this.logger.info({ space_id: id, ...space }, 'embedding_space_created');
    return this.get(id);
  }

  /**
   * Makes a space the active one, or the one that was active before: a workspace is read by the earlier one until it is
   * filled in this one.
   * @throws NotFoundError, SpaceRetiredError
   */
  async activate(id: number): Promise<SpaceWithProgress> {
    const before = await this.database.asSystem(async (scope) => {
      await this.repository.lock(scope);
      const space = await this.require(scope, id);
      if (space.status === 'retired') throw new SpaceRetiredError(id);
      if (space.status === 'active') return id;
      const spaces = await this.repository.list(scope);
      // Whoever made it may have died before it was said what is missing.
      if (!space.filledAt) await this.fills.open(scope, id);
      await this.repository.activate(scope, id);
      return spaces.find(({ status }) => status === 'active')?.id;
    });
    this.spaces.forget();
    if (before !== id) this.logger.info({ space_id: id, before }, 'embedding_space_activated');
    return this.get(id);
  }

  /**
   * Has the worker remove a space: its index, then its vectors, then itself.
   * @throws NotFoundError, SpaceInUseError for the active one
   */
  async retire(id: number): Promise<SpaceWithProgress> {
    await this.database.asSystem(async (scope) => {
      await this.repository.lock(scope);
      const space = await this.require(scope, id);
      if (space.status === 'active') throw new SpaceInUseError();
      await this.repository.retire(scope, id);
      await this.fills.close(scope, id);
    });
    this.spaces.forget();
    this.logger.info({ space_id: id }, 'embedding_space_retired');
    return this.get(id);
  }

  private async require(scope: SystemScope, id: number): Promise<StoredSpace> {
    const space = (await this.repository.list(scope)).find((each) => each.id === id);
    if (!space) throw new NotFoundError('embedding space', String(id));
    return space;
  }

  private async withProgress(scope: SystemScope, space: StoredSpace): Promise<SpaceWithProgress> {
    return { ...space, fill: await this.repository.progress(scope, space.id) };
  }
}
