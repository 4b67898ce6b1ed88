import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#common';
import { EmbedRepository } from '../../libs/context-memory/src/indexing/embed.repository.js';
import { EmbeddingSpaceRepository } from '../../libs/context-memory/src/indexing/embedding-space.repository.js';
import { IngestRepository } from '../../libs/context-memory/src/ingest/ingest.repository.js';
import { prepareItem } from '../../libs/context-memory/src/ingest/prepared-item.js';
import { prepareText } from '../../libs/context-memory/src/ingest/prepare-text.js';
import { ItemChangeRepository } from '../../libs/context-memory/src/items/item-change.repository.js';
import { ItemRepository } from '../../libs/context-memory/src/items/item.repository.js';
import { JobRepository } from '../../libs/context-memory/src/jobs/job.repository.js';
import { askedWords } from '../../libs/context-memory/src/recall/asked-terms.js';
import { CandidatesRepository } from '../../libs/context-memory/src/recall/candidates.repository.js';
import { RecalledRowsRepository } from '../../libs/context-memory/src/recall/recalled-rows.repository.js';
import { TermRepository } from '../../libs/context-memory/src/recall/term.repository.js';
import { ReceiptRepository } from '../../libs/context-memory/src/receipts/receipt.repository.js';
import { memoryOn, type Memory, newWorkspace, note, WordEmbedder } from './context-memory.harness.js';
import { connectStores, type StoreClients } from './store-clients.js';

const secret = note('The vault code is alpha seven', { session: 's', externalId: 'x', metadata: { a: 1 } });
const receiptId = newId();
const tables = [
  'context_items',
  'context_documents',
  'context_jobs',
  'context_receipts',
  'context_terms',
  'context_term_counts',
  'context_term_changes',
];

let clients: StoreClients;
let memory: Memory;
let embedder: WordEmbedder;
let ours: string;
let theirs: string;
let id: string;
let jobId: string;

beforeAll(async () => {
  clients = await connectStores();
  embedder = new WordEmbedder();
  memory = await memoryOn(clients, embedder);
  [ours, theirs] = await Promise.all([newWorkspace(clients), newWorkspace(clients)]);
  const { items, job } = await memory.ingest.ingest(ours, [{ ...secret, asDocument: true }], {
    idempotencyKey: 'k',
  });
  await memory.work();
  [id, jobId] = [items[0]?.id ?? '', job.id];
  await memory.receipts.write({
    id: receiptId,
    workspaceId: ours,
    requestId: 'r',
    tokens: 5,
    items: [],
    degraded: [],
    attempts: [],
  });
});
afterAll(() => clients.close());

/** Everything that the other workspace can see of ours, by any method that reads; empty is right. */
const asThem = <T>(work: (scope: Parameters<ItemRepository['find']>[0]) => Promise<T>) =>
  clients.database.inWorkspace(theirs, work);
const ourRows = () =>
  clients.database.asSystem((scope) =>
    scope.query(
      `SELECT id, content, title, metadata, version, status, claim_id FROM context_items WHERE workspace_id = $1`,
      [ours],
    ),
  );

describe('another workspace', () => {
  it('reads nothing of ours, by any method', async () => {
    const post = prepareItem(secret, new Date());
    const spaceId = await memory.part(EmbeddingSpaceRepository).idOf(embedder.space);
    const [vector = new Float32Array()] = await embedder.embed(['vault'], 'query');
    const question = { vector, space: embedder.space, spaceId };
    // Their own counts know none of our words; with them the search would not even begin.
    const corpus = { items: 1, length: 9 };
    const words = askedWords([{ term: 'vault', exact: false, items: 1 }], corpus, 1);
    const reads: Record<string, unknown> = {
      find: await asThem((scope) => new ItemRepository().find(scope, id)),
      list: await asThem((scope) => new ItemRepository().list(scope, { limit: 9, session: 's' })),
      existing: await asThem((scope) => new IngestRepository().findExisting(scope, [post])),
      positions: [...(await asThem((scope) => new IngestRepository().lastPositions(scope, ['s'])))],
      job: await asThem((scope) => new JobRepository().find(scope, jobId)),
      jobByKey: await asThem((scope) => new JobRepository().findByKey(scope, 'k')),
      progress: [...(await asThem((scope) => new JobRepository().progress(scope, [id])))],
      rows: [...(await asThem((scope) => new RecalledRowsRepository().load(scope, [id], [id])))],
      receipt: await asThem((scope) => new ReceiptRepository().find(scope, receiptId)),
      claim: await asThem((scope) => new EmbedRepository().claim(scope, [id], 9)),
      terms: (await asThem((scope) => new TermRepository().count(scope, 'vault alpha'))).terms.filter(
        ({ items }) => items > 0,
      ),
      frequencies: [...(await asThem((scope) => new TermRepository().frequencies(scope, ['vault'], [id])))],
      exact: await asThem((scope) =>
        new CandidatesRepository().find(scope, {
          words,
          question,
          approximate: false,
          perLeg: 9,
        }),
      ),
      approximate: await asThem((scope) =>
        new CandidatesRepository().find(scope, {
          words,
          question,
          approximate: true,
          perLeg: 9,
        }),
      ),
    };
    for (const [name, seen] of Object.entries(reads)) expect([name, seen ?? []]).toEqual([name, []]);
  });

  it('changes nothing of ours, by any method', async () => {
    const before = await ourRows();
    const changes = new ItemChangeRepository();
    const text = prepareText(note('gone'), new Date());
    const row = { id, claimId: newId(), text: '', attempts: 1 };
    expect(await asThem((scope) => new ItemRepository().delete(scope, id))).toBe(false);
    await asThem((scope) => changes.changeDetails(scope, id, { title: 'theirs', metadata: {} }));
    await asThem((scope) => changes.retry(scope, id));
    await asThem((scope) => changes.replaceText(scope, id, 'gone', text));
    await expect(asThem((scope) => changes.addDocument(scope, id, 'gone', []))).rejects.toThrow(
      /duplicate key/,
    );
    await asThem((scope) => new EmbedRepository().release(scope, [row]));
    await asThem((scope) => new EmbedRepository().fail(scope, row, 'x', true));
    await asThem((scope) => new JobRepository().setItems(scope, jobId, []));
    expect(await ourRows()).toEqual(before);
    expect((await memory.jobs.get(ours, jobId)).total).toBe(1);
  });

  it('gets a 404 for our ids, and items of its own for our keys', async () => {
    const notFound = { httpStatus: 404 };
    await expect(memory.items.get(theirs, id)).rejects.toMatchObject(notFound);
    await expect(memory.items.update(theirs, id, { title: 'x' })).rejects.toMatchObject(notFound);
    await expect(memory.items.delete(theirs, id)).rejects.toMatchObject(notFound);
    await expect(memory.jobs.get(theirs, jobId)).rejects.toMatchObject(notFound);
    await expect(memory.receipts.get(theirs, receiptId)).rejects.toMatchObject(notFound);
    expect((await memory.recall.recall(theirs, { query: 'vault alpha seven' })).items).toEqual([]);
    const posted = await memory.ingest.ingest(theirs, [secret], { idempotencyKey: 'k' });
    expect(posted.items[0]).toMatchObject({ duplicate: false });
    expect(posted.items[0]?.id).not.toBe(id);
  });
});

describe('row-level security', () => {
  it.each(tables)('shows nothing of %s to a statement that names no workspace', async (table) => {
    const [row] = await clients.database.inWorkspace(newId(), (scope) =>
      scope.query(`SELECT count(*)::int AS n FROM ${table}`),
    );
    expect(row).toEqual({ n: 0 });
    const unset = await clients.dataSource.transaction(async (manager) => {
      await manager.query(`SET LOCAL ROLE context_gateway_app`);
      return manager.query<unknown>(`SELECT count(*)::int AS n FROM ${table}`);
    });
    expect(unset).toEqual([{ n: 0 }]);
  });

  it.each(['context_terms', 'context_term_counts', 'context_term_changes'])(
    'lets no workspace write to %s, not even in its own name',
    async (table) => {
      await expect(asThem((scope) => scope.query(`DELETE FROM ${table}`))).rejects.toThrow(
        /permission denied/,
      );
    },
  );

  it('refuses a row in another workspace’s name', async () => {
    const insert = asThem((scope) =>
      scope.query(`INSERT INTO context_receipts (id, workspace_id, request_id) VALUES ($1, $2, 'r')`, [
        newId(),
        ours,
      ]),
    );
    await expect(insert).rejects.toThrow(/row-level security/);
  });
});
