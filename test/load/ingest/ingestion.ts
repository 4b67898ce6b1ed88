import type { PinoLogger } from 'nestjs-pino';
import { newId } from '#common';
import type { Database } from '#database';
import type { Embedder } from '../../../libs/context-memory/src/embedding/embedder.port.js';
import { EmbedRepository } from '../../../libs/context-memory/src/indexing/embed.repository.js';
import { EmbedService } from '../../../libs/context-memory/src/indexing/embed.service.js';
import { EmbeddingSpaceRepository } from '../../../libs/context-memory/src/indexing/embedding-space.repository.js';
import { IngestRepository } from '../../../libs/context-memory/src/ingest/ingest.repository.js';
import { prepareItem } from '../../../libs/context-memory/src/ingest/prepared-item.js';
import { TextWriter } from '../../../libs/context-memory/src/ingest/text-writer.js';
import { ItemChangeRepository } from '../../../libs/context-memory/src/items/item-change.repository.js';

/** Texts of one request. */
const batchSize = 100;

/** Storing and embedding as the product does it, in a workspace of its own, with the embedder of one's choice. */
export class Ingestion {
  private constructor(
    private readonly database: Database,
    private readonly workspaceId: string,
    readonly embedder: Embedder,
    private readonly worker: EmbedService,
  ) {}

  static async of(database: Database, embedder: Embedder, logger: PinoLogger): Promise<Ingestion> {
    const id = newId();
    await database.asSystem((scope) =>
      scope.query(`INSERT INTO workspaces (id, name) VALUES ($1, 'bench')`, [id]),
    );
    const spaces = new EmbeddingSpaceRepository(database);
    const worker = new EmbedService(database, embedder, spaces, new EmbedRepository(), logger);
    return new Ingestion(database, id, embedder, worker);
  }

  /** Stores the texts and embeds them. */
  async ingest(texts: string[]): Promise<void> {
    const writer = new TextWriter(new IngestRepository(), new ItemChangeRepository());
    for (let from = 0; from < texts.length; from += batchSize) {
      const prepared = texts
        .slice(from, from + batchSize)
        .map((content) => prepareItem({ path: '', kind: 'note', content }, new Date()));
      const written = await this.database.inWorkspace(this.workspaceId, (scope) =>
        writer.write(scope, prepared),
      );
      const ids = written.map(({ id }) => id);
      if ((await this.worker.embedItems(this.workspaceId, ids)) !== ids.length) {
        throw new Error('Not every text was embedded');
      }
    }
  }
}
