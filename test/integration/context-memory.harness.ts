import type { Queue } from 'bullmq';
import { newId } from '#common';
import type { NewItem } from '#context-memory';
import { JobProducer } from '#queues';
import type { Embedder, EmbeddingSpace } from '../../libs/context-memory/src/embedding/embedder.port.js';
import { EmbeddingUnavailableError } from '../../libs/context-memory/src/embedding/embedding.errors.js';
import { EmbedRepository } from '../../libs/context-memory/src/indexing/embed.repository.js';
import { EmbedService } from '../../libs/context-memory/src/indexing/embed.service.js';
import { EmbeddingSpaceRepository } from '../../libs/context-memory/src/indexing/embedding-space.repository.js';
import { SweepRepository } from '../../libs/context-memory/src/indexing/sweep.repository.js';
import { SweepService } from '../../libs/context-memory/src/indexing/sweep.service.js';
import { VectorIndexRepository } from '../../libs/context-memory/src/indexing/vector-index.repository.js';
import { VectorIndexService } from '../../libs/context-memory/src/indexing/vector-index.service.js';
import { IngestRepository } from '../../libs/context-memory/src/ingest/ingest.repository.js';
import { IngestService } from '../../libs/context-memory/src/ingest/ingest.service.js';
import { TextWriter } from '../../libs/context-memory/src/ingest/text-writer.js';
import { ItemChangeRepository } from '../../libs/context-memory/src/items/item-change.repository.js';
import { ItemRepository } from '../../libs/context-memory/src/items/item.repository.js';
import { ItemService } from '../../libs/context-memory/src/items/item.service.js';
import { JobRepository } from '../../libs/context-memory/src/jobs/job.repository.js';
import { JobService } from '../../libs/context-memory/src/jobs/job.service.js';
import { CandidatesRepository } from '../../libs/context-memory/src/recall/candidates.repository.js';
import { QuestionEmbedder } from '../../libs/context-memory/src/recall/question-embedder.js';
import { RecallService } from '../../libs/context-memory/src/recall/recall.service.js';
import { RecalledRowsRepository } from '../../libs/context-memory/src/recall/recalled-rows.repository.js';
import { WorkspaceSize } from '../../libs/context-memory/src/recall/workspace-size.js';
import { ReceiptRepository } from '../../libs/context-memory/src/receipts/receipt.repository.js';
import { ReceiptService } from '../../libs/context-memory/src/receipts/receipt.service.js';
import { silentLogger, type StoreClients } from './store-clients.js';

const synonyms: Record<string, string> = { automobile: 'car', feline: 'cat', residence: 'home' };

/** Words hashed to directions, synonyms to one: near in meaning without a word in common, and the same every time. */
export class WordEmbedder implements Embedder {
  readonly space: EmbeddingSpace = { provider: 'test', model: `words-${newId()}`, dimensions: 64 };
  readonly embedded: string[] = [];
  down = false;
  /** A text that no model could read. */
  poison: string | undefined;
  /** What passages wait for. */
  hold: Promise<void> | undefined;

  async embed(texts: string[], purpose: string): Promise<Float32Array[]> {
    if (this.down || (this.poison && texts.some((text) => text.includes(this.poison ?? '')))) {
      throw new EmbeddingUnavailableError('The test embedder is away');
    }
    if (purpose === 'passage') {
      await this.hold;
      this.embedded.push(...texts);
    }
    return texts.map((text) => this.vector(text));
  }

  async start(): Promise<void> {}
  async close(): Promise<void> {}

  private vector(text: string): Float32Array {
    const vector = new Float32Array(this.space.dimensions).fill(0.01);
    for (const word of text.toLowerCase().match(/[a-z0-9]+/g) ?? []) {
      let hash = 7;
      for (const letter of synonyms[word] ?? word) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
      vector[hash % vector.length] = (vector[hash % vector.length] ?? 0) + 1;
    }
    const length = Math.hypot(...vector);
    return vector.map((number) => number / length);
  }
}

/** All of memory on the suite's stores, with a queue that only notes what it was given. */
export function memoryOn(clients: StoreClients, embedder: Embedder = new WordEmbedder()) {
  const { config, database, dataSource } = clients;
  const queued: { workspace_id: string; item_ids: string[] }[] = [];
  const queue = {
    on: () => undefined,
    add: async (name: string, payload: (typeof queued)[number]) => {
      if (name === 'embed-items') queued.push(payload);
    },
  } as unknown as Queue;
  const producer = new JobProducer(queue, queue, silentLogger());
  const spaces = new EmbeddingSpaceRepository(database);
  const changes = new ItemChangeRepository();
  const jobs = new JobRepository();
  const indexes = new VectorIndexRepository(dataSource);
  const progress = new JobService(config, database, jobs);
  const writer = new TextWriter(new IngestRepository(), changes);
  const embed = new EmbedService(database, embedder, spaces, new EmbedRepository(), silentLogger());
  const vectorIndex = new VectorIndexService(config, database, embedder, spaces, indexes, silentLogger());
  const questions = new QuestionEmbedder(config, embedder, spaces, silentLogger());
  return {
    queued,
    spaces,
    vectorIndex,
    embed,
    jobs: progress,
    ingest: new IngestService(config, database, writer, jobs, progress, producer),
    items: new ItemService(config, database, new ItemRepository(), changes, producer),
    recall: new RecallService(
      config,
      database,
      questions,
      new CandidatesRepository(),
      new RecalledRowsRepository(),
      new WorkspaceSize(config, indexes),
    ),
    receipts: new ReceiptService(database, new ReceiptRepository()),
    sweep: new SweepService(database, new SweepRepository(), vectorIndex, producer, silentLogger()),
    /** Does what the queue was given, as a worker would. */
    async work() {
      for (const { workspace_id, item_ids } of queued.splice(0))
        await embed.embedItems(workspace_id, item_ids);
    },
  };
}

export type Memory = ReturnType<typeof memoryOn>;

/** A workspace of its own for a test. @returns its id */
export async function newWorkspace({ database }: StoreClients): Promise<string> {
  const id = newId();
  await database.asSystem((scope) =>
    scope.query(`INSERT INTO workspaces (id, name) VALUES ($1, $2)`, [id, `memory ${id}`]),
  );
  return id;
}

export const note = (content: string, more: Partial<NewItem> = {}): NewItem => ({
  path: '',
  kind: 'note',
  content,
  ...more,
});
