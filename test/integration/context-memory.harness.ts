import { Module, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { PinoLogger } from 'nestjs-pino';
import { DataSource } from 'typeorm';
import { newId } from '#common';
import { AppConfig } from '#config';
import {
  ContextMemoryModule,
  type Embedder,
  EMBEDDER,
  EMBEDDER_MAKER,
  type EmbeddingSpace,
  EmbeddingSpaceService,
  EmbeddingUnavailableError,
  EmbedService,
  ExportService,
  FairEmbedService,
  FillService,
  FileService,
  ForgetService,
  ImportService,
  IngestService,
  ItemService,
  JobService,
  type NewItem,
  ParseService,
  RecallService,
  ReceiptService,
  RedactionService,
  SweepService,
  WorkingSetRefresher,
  WorkingSetService,
} from '#context-memory';
import { Database } from '#database';
import { JobProducer } from '#queues';
import type { StoreClients } from './store-clients.js';

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

@Module({})
class Surroundings {}

/** Makes a space the active one, as if the installation had begun with it; those of other specs are over. */
export async function beginWith({ database }: StoreClients, space: EmbeddingSpace): Promise<void> {
  const { provider, model, dimensions } = space;
  await database.asSystem(async (scope) => {
    await scope.query(
      `UPDATE embedding_spaces SET status = 'retired', home = false
       WHERE (provider, model, dimensions) <> ($1, $2, $3)`,
      [provider, model, dimensions],
    );
    await scope.query(
      `INSERT INTO embedding_spaces (provider, model, dimensions, status, home, filled_at) VALUES ($1, $2, $3, 'active', true, now())
       ON CONFLICT (provider, model, dimensions) DO UPDATE SET status = 'active', home = true`,
      [provider, model, dimensions],
    );
  });
}

/**
 * All of memory on the suite's stores, with a queue that only notes what it was given.
 * @param others of spaces that are made later
 */
export async function memoryOn(
  clients: StoreClients,
  embedder: Embedder = new WordEmbedder(),
  others: Embedder[] = [],
) {
  const queued: { workspace_id: string; item_ids: string[] }[] = [];
  const stale: string[] = [];
  const queuedFiles: { workspace_id: string; file_id: string }[] = [];
  const queue = {
    add: async (
      _queue: string,
      job: string,
      payload: (typeof queued)[number] & (typeof queuedFiles)[number],
    ) => {
      if (job === 'embed-items') queued.push(payload);
      if (job === 'refresh-working-sets') stale.push(payload.workspace_id);
      if (job === 'parse-file') queuedFiles.push(payload);
      return true;
    },
  };
  const surroundings = [
    { provide: AppConfig, useValue: clients.config },
    { provide: PinoLogger, useValue: clients.logger },
    { provide: DataSource, useValue: clients.dataSource },
    { provide: Database, useValue: clients.database },
    { provide: JobProducer, useValue: queue },
  ];
  const module = await Test.createTestingModule({
    imports: [
      { module: Surroundings, global: true, providers: surroundings, exports: surroundings },
      ContextMemoryModule,
    ],
  })
    .overrideProvider(EMBEDDER)
    .useValue(embedder)
    .overrideProvider(EMBEDDER_MAKER)
    .useValue((space: EmbeddingSpace) => others.find(({ space: { model } }) => model === space.model))
    .compile();
  await beginWith(clients, embedder.space);
  const embed = module.get(EmbedService);
  const parse = module.get(ParseService);
  return {
    queued,
    stale,
    queuedFiles,
    embed,
    parse,
    files: module.get(FileService),
    redaction: module.get(RedactionService),
    jobs: module.get(JobService),
    ingest: module.get(IngestService),
    items: module.get(ItemService),
    spaces: module.get(EmbeddingSpaceService),
    embedFairly: module.get(FairEmbedService),
    fill: module.get(FillService),
    exports: module.get(ExportService),
    forget: module.get(ForgetService),
    imports: module.get(ImportService),
    recall: module.get(RecallService),
    receipts: module.get(ReceiptService),
    sweep: module.get(SweepService),
    workingSets: module.get(WorkingSetService),
    refresher: module.get(WorkingSetRefresher),
    /** A part that the lib keeps to itself. */
    part: <T>(type: Type<T>): T => module.get(type, { strict: false }),
    /** Does what the queue was given, as a worker would. */
    async work() {
      for (const { workspace_id, file_id } of queuedFiles.splice(0)) await parse.parse(workspace_id, file_id);
      for (const { workspace_id, item_ids } of queued.splice(0))
        await embed.embedItems(workspace_id, item_ids);
    },
  };
}

export type Memory = Awaited<ReturnType<typeof memoryOn>>;

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
