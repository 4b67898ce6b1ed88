import type { PinoLogger } from 'nestjs-pino';
import { newId } from '#common';
import type { Database } from '#database';
import type { Embedder } from '../../../libs/context-memory/src/embedding/embedder.port.js';
import { EmbedRepository } from '../../../libs/context-memory/src/indexing/embed.repository.js';
import { EmbedService } from '../../../libs/context-memory/src/indexing/embed.service.js';
import type { Embedders } from '../../../libs/context-memory/src/embedding/embedders.js';
import { IngestRepository } from '../../../libs/context-memory/src/ingest/ingest.repository.js';
import { prepareItem } from '../../../libs/context-memory/src/ingest/prepared-item.js';
import { TextWriter } from '../../../libs/context-memory/src/ingest/text-writer.js';
import { ItemChangeRepository } from '../../../libs/context-memory/src/items/item-change.repository.js';
import { EmbeddingSpaceRepository } from '../../../libs/context-memory/src/spaces/embedding-space.repository.js';
import { EmbeddingSpaces } from '../../../libs/context-memory/src/spaces/embedding-spaces.js';
import { FillRepository } from '../../../libs/context-memory/src/spaces/fill.repository.js';

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
    // Whatever space is the active one: here the embedder is what counts.
    const embedders = { of: () => embedder, warm: () => undefined } as unknown as Embedders;
    const fills = new FillRepository();
    const stored = new EmbeddingSpaceRepository();
    const spaces = new EmbeddingSpaces(database, embedder, embedders, stored, fills, logger);
    const worker = new EmbedService(database, spaces, embedders, fills, new EmbedRepository(), logger);
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
