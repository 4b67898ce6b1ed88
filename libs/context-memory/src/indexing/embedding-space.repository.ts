import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { embeddingSpaceKey, type EmbeddingSpace } from '../embedding/embedder.port.js';

/** The numbers under which spaces are stored beside vectors. */
@Injectable()
export class EmbeddingSpaceRepository {
  private readonly known = new Map<string, Promise<number>>();

  constructor(private readonly database: Database) {}

  /** The id of a space, made at its first use; kept, as it never changes. @throws DatabaseUnavailableError */
  idOf(space: EmbeddingSpace): Promise<number> {
    const key = embeddingSpaceKey(space);
    const known = this.known.get(key);
    if (known) return known;
    const id = this.findOrCreate(space);
    this.known.set(key, id);
    // A failure is not kept: the next caller asks again.
    id.catch(() => this.known.delete(key));
    return id;
  }

  private findOrCreate({ provider, model, dimensions }: EmbeddingSpace): Promise<number> {
    const space = [provider, model, dimensions];
    return this.database.asSystem(async (scope) => {
      const find = () =>
        scope.query<{ id: number }>(
          `SELECT id FROM embedding_spaces WHERE provider = $1 AND model = $2 AND dimensions = $3`,
          space,
        );
      const [found] = await find();
      if (found) return found.id;
      await scope.query(
        `INSERT INTO embedding_spaces (provider, model, dimensions) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
        space,
      );
      const [made] = await find();
      if (!made)
        throw new Error(
          `The embedding space ${embeddingSpaceKey({ provider, model, dimensions })} was not stored`,
        );
      return made.id;
    });
  }
}
