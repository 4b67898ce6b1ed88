import { Inject, Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { Database, type SystemScope } from '#database';
import type { Embedder } from '../embedding/embedder.port.js';
import { embeddingSpaceKey } from '../embedding/embedder.port.js';
import { EMBEDDER } from '../embedding/embedder.token.js';
import { Embedders } from '../embedding/embedders.js';
import { EmbeddingSpaceRepository } from './embedding-space.repository.js';
import { FillRepository } from './fill.repository.js';
import { readOrder } from './read-order.js';
import type { StoredSpace } from './stored-space.js';

/** A process goes by what it knows for so long: a switch holds everywhere within a second, without Redis having a part in it. */
const freshMs = 1_000;

/** The spaces as this process knows them. */
interface KnownSpaces {
  spaces: StoredSpace[];
  active: StoredSpace;
}

/** Which space is used for what. The database says so; the environment only names the space that an installation begins with. */
@Injectable()
export class EmbeddingSpaces {
  private known: KnownSpaces | undefined;
  private knownAt = Number.NEGATIVE_INFINITY;
  private loading: Promise<KnownSpaces> | undefined;
  private toldOf: number | undefined;

  constructor(
    private readonly database: Database,
    @Inject(EMBEDDER) private readonly configured: Embedder,
    private readonly embedders: Embedders,
    private readonly repository: EmbeddingSpaceRepository,
    private readonly fills: FillRepository,
    private readonly logger: PinoLogger,
  ) {
    logger.setContext(EmbeddingSpaces.name);
  }

  /** What new texts are embedded in first. @throws DatabaseUnavailableError */
  async active(): Promise<StoredSpace> {
    return (await this.now()).active;
  }

  /** All of them, retired ones included. @throws DatabaseUnavailableError */
  async all(): Promise<StoredSpace[]> {
    return (await this.now()).spaces;
  }

  /** @returns undefined when there is none, or none any more. @throws DatabaseUnavailableError */
  async byId(id: number): Promise<StoredSpace | undefined> {
    const find = async () => (await this.all()).find((space) => space.id === id);
    const known = await find();
    if (known) return known;
    // It may be younger than what is known.
    this.forget();
    return find();
  }

  /** What a workspace is read by, and what to fall back on when that one's embedder is away. @throws DatabaseUnavailableError */
  async forReading(workspaceId: string): Promise<[StoredSpace, ...StoredSpace[]]> {
    const { spaces } = await this.now();
    const isFilled = spaces.every(({ filling, status }) => !filling || status === 'retired');
    const unreadable = isFilled
      ? new Set<number>()
      : await this.database.asSystem((scope) => this.fills.unreadable(scope, workspaceId));
    return readOrder(spaces, unreadable);
  }

  /** What is known is out of date: call it after a change is committed. */
  forget(): void {
    this.known = undefined;
    this.knownAt = performance.now();
    this.loading = undefined;
  }

  private now(): Promise<KnownSpaces> {
    if (this.known && performance.now() - this.knownAt < freshMs) return Promise.resolve(this.known);
    if (this.loading) return this.loading;
    const loading = this.load().finally(() => {
      if (this.loading === loading) this.loading = undefined;
    });
    this.loading = loading;
    return loading;
  }

  private async load(): Promise<KnownSpaces> {
    const start = performance.now();
    const known = await this.database.asSystem((scope) => this.read(scope));
    // One that began before a change was made must not replace what was read after it.
    if (start > this.knownAt) {
      this.known = known;
      this.knownAt = start;
      this.prepare(known);
    }
    return known;
  }

  private async read(scope: SystemScope): Promise<KnownSpaces> {
    const spaces = await this.repository.list(scope);
    const active = spaces.find(({ status }) => status === 'active');
    return active ? { spaces, active } : this.begin(scope);
  }

  /** The first process that comes up makes the space of its environment the active one. */
  private async begin(scope: SystemScope): Promise<KnownSpaces> {
    await this.repository.lock(scope);
    let spaces = await this.repository.list(scope);
    if (!spaces.some(({ status }) => status === 'active')) {
      const key = embeddingSpaceKey(this.configured.space);
      const stored = spaces.find((space) => embeddingSpaceKey(space) === key);
      const id = stored?.id ?? (await this.repository.insert(scope, this.configured.space));
      await this.repository.activate(scope, id);
      await this.repository.retireUnused(scope);
      await this.repository.moveIn(scope);
      await this.fills.open(scope, id);
      await this.fills.markFilled(scope, id);
      spaces = await this.repository.list(scope);
    }
    const active = spaces.find(({ status }) => status === 'active');
    if (!active) throw new Error('No embedding space became the active one');
    return { spaces, active };
  }

  /** Embedders that may be needed in a moment: the active one, and the local ones that it falls back on. */
  private prepare({ spaces, active }: KnownSpaces): void {
    for (const space of spaces) {
      if (space.status !== 'retired' && (space === active || space.provider === 'local')) {
        this.embedders.warm(space);
      }
    }
    if (this.toldOf === active.id) return;
    this.toldOf = active.id;
    const { provider, model, dimensions } = active;
    this.logger.info({ provider, model, dimensions }, 'embedding_space_in_use');
    const configured = embeddingSpaceKey(this.configured.space);
    if (configured !== embeddingSpaceKey(active)) {
      this.logger.warn(
        { configured, active: embeddingSpaceKey(active) },
        'embedding_space_not_as_configured',
      );
    }
  }
}
