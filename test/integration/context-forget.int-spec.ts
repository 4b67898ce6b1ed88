import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '#common';
import type { ForgetRequest } from '#context-memory';
import { memoryOn, type Memory, newWorkspace, note, WordEmbedder } from './context-memory.harness.js';
import { connectStores, type StoreClients } from './store-clients.js';

let clients: StoreClients;
let memory: Memory;
let workspace: string;
/** Of a space that one of the specs makes. */
const other = new WordEmbedder();
beforeAll(async () => {
  clients = await connectStores();
  memory = await memoryOn(clients, new WordEmbedder(), [other]);
});
beforeEach(async () => {
  workspace = await newWorkspace(clients);
});
afterAll(() => clients.close());

/** All that the tables hold of a workspace, as one text: what is forgotten must not be in it. */
async function everything(of = workspace): Promise<string> {
  const tables = [
    'context_items',
    'context_documents',
    'context_receipts',
    'context_jobs',
    'erasure_certificates',
  ];
  const rows = await Promise.all(
    tables.map((table) =>
      clients.database.asSystem((scope) =>
        scope.query(`SELECT to_jsonb(held)::text FROM ${table} AS held WHERE workspace_id = $1`, [of]),
      ),
    ),
  );
  return JSON.stringify(rows);
}

/** A receipt of a call in `session` that these items answered. @returns its id */
async function receiptOf(itemIds: string[], query: string, session?: string): Promise<string> {
  const id = newId();
  const items = itemIds.map((item) => ({
    id: item,
    citation: 1,
    version: 1,
    score: 1,
    scores: { dense: 1, lexical: 1 },
    tokens: 3,
  }));
  await memory.receipts.write({
    id,
    workspaceId: workspace,
    requestId: 'r',
    query,
    session,
    tokens: 3,
    decisions: {},
    items,
    degraded: [],
    attempts: [],
  });
  return id;
}
const forget = (request: ForgetRequest) =>
  memory.forget.forget({ workspaceId: workspace, keyId: 'key-1' }, request);
const idsOf = async (...posts: Parameters<typeof note>[]): Promise<string[]> => {
  const { items } = await memory.ingest.ingest(
    workspace,
    posts.map((post) => note(...post)),
  );
  await memory.work();
  return items.map(({ id }) => id);
};
const document = (word: string) => `# ${word}\n\n${`The ${word} is kept in the cellar. `.repeat(60)}`;

describe('deleting an item', () => {
  it('leaves no word of it, nor of the question it answered', async () => {
    const [id = '', other = ''] = await idsOf(
      [
        document('zebrafish'),
        { title: 'zebrafish title', format: 'markdown', asDocument: true, metadata: { a: 'zebrafish' } },
      ],
      ['something else', { title: 'other' }],
    );
    const named = await receiptOf([other, id], 'where is the zebrafish?');
    const unnamed = await receiptOf([other], 'what else?');
    expect((await memory.receipts.get(workspace, named)).items[1]).toMatchObject({
      title: 'zebrafish title',
    });
    expect(await everything()).toContain('zebrafish');
    await memory.items.delete(workspace, id);
    expect(await everything()).not.toContain('zebrafish');
    expect(await memory.receipts.get(workspace, named)).toMatchObject({
      query: undefined,
      items: [
        { id: other, title: 'other' },
        { id, version: 1, title: null },
      ],
    });
    expect(await memory.receipts.get(workspace, unnamed)).toMatchObject({ query: 'what else?' });
  });

  it('keeps a receipt that is written later from bringing the question back', async () => {
    const [id = ''] = await idsOf(['the heron flies']);
    await memory.items.delete(workspace, id);
    const receipt = await receiptOf([id], 'does the heron fly?');
    expect((await memory.receipts.get(workspace, receipt)).query).toBeUndefined();
    expect(await everything()).not.toContain('heron');
  });

  it('is what a sweep does, too, to what has expired', async () => {
    const [id = ''] = await idsOf(['the marmot sleeps']);
    await receiptOf([id], 'where is the marmot?');
    await clients.database.asSystem((scope) =>
      scope.query(`UPDATE context_items SET expires_at = now() WHERE id = $1`, [id]),
    );
    await memory.sweep.sweep();
    expect(await everything()).not.toContain('marmot');
  });

  it('leaves another workspace’s receipts alone, whatever items they name', async () => {
    const [id = ''] = await idsOf(['shared id']);
    const theirs = await newWorkspace(clients);
    await clients.database.asSystem((scope) =>
      scope.query(
        `INSERT INTO context_receipts (id, workspace_id, request_id, query, items) VALUES ($1, $2, 'r', 'theirs', $3)`,
        [newId(), theirs, JSON.stringify([{ id }])],
      ),
    );
    await memory.items.delete(workspace, id);
    expect(await everything(theirs)).toContain('theirs');
  });
});

describe('forgetting', () => {
  const at = (day: number) => new Date(Date.UTC(2026, 0, day));

  it.each<[string, ForgetRequest, string[]]>([
    ['a filter', { filter: { team: 'red' } }, ['a', 'c']],
    ['a session', { session: 's' }, ['a', 'b']],
    ['a kind', { kind: 'turn' }, ['b']],
    ['an external id', { externalId: 'x' }, ['d']],
    ['a time, from inclusive, to exclusive', { createdAfter: at(2), createdBefore: at(4) }, ['b', 'c']],
    ['all of these at once', { filter: { team: 'red' }, session: 's', createdBefore: at(2) }, ['a']],
    ['everything', { all: true }, ['a', 'b', 'c', 'd']],
    ['nothing that is there', { session: 'nowhere' }, []],
  ])('by %s takes what matches and no more; a dry run says it before', async (_, request, gone) => {
    const [a = '', b = '', c = '', d = ''] = await idsOf(
      ['apple', { session: 's', metadata: { team: 'red' }, createdAt: at(1) }],
      ['banana', { session: 's', kind: 'turn', createdAt: at(2) }],
      ['cherry', { metadata: { team: 'red' }, createdAt: at(3) }],
      ['damson', { externalId: 'x', createdAt: at(4) }],
    );
    const ids = gone.map((name) => ({ a, b, c, d })[name] ?? '');
    const before = await everything();
    const preview = await memory.forget.preview(workspace, request);
    expect(await everything()).toBe(before);
    const erasure = await forget(request);
    expect(erasure).toMatchObject({ itemIds: ids, counts: { items: ids.length, contextItems: ids.length } });
    expect(preview).toEqual({ filter: erasure.filter, counts: erasure.counts, itemIds: ids });
    const left = await memory.items.list(workspace, { limit: 9 });
    expect(left.data.map(({ id }) => id)).toEqual([d, c, b, a].filter((id) => !ids.includes(id)));
  });

  it('certifies what went by table, holds no content, and is kept', async () => {
    const [doc = '', plain = ''] = await idsOf(
      [document('walrus'), { session: 's', format: 'markdown', asDocument: true }],
      ['a walrus dives', { session: 's' }],
    );
    await receiptOf([doc, plain], 'what does the walrus do?', 'elsewhere');
    await receiptOf([], 'a walrus question that nothing answered', 's');
    await receiptOf([], 'of another session', 'elsewhere');
    const rows = await clients.database.inWorkspace(workspace, (scope) =>
      scope.query(`SELECT id FROM context_items`),
    );
    const preview = await memory.forget.preview(workspace, { session: 's' });
    const erasure = await forget({ session: 's' });
    expect(erasure).toMatchObject({
      keyId: 'key-1',
      filter: { session: 's' },
      counts: {
        items: 2,
        contextItems: rows.length,
        contextDocuments: 1,
        contextVectors: 0,
        contextReceipts: 2,
        contextFiles: 0,
      },
    });
    expect(preview.counts).toEqual(erasure.counts);
    expect(erasure.completedAt).toBeInstanceOf(Date);
    const hash = createHash('sha256').update(erasure.itemIds.map((id) => `${id}\n`).join(''));
    expect(erasure.itemIdsSha256).toBe(hash.digest('hex'));
    const left = await everything();
    expect(left).not.toContain('walrus');
    expect(left).toContain('of another session');
    expect(await memory.forget.get(workspace, erasure.id)).toEqual(erasure);
    expect((await memory.forget.list(workspace, 10)).data).toEqual([erasure]);
  });

  it('takes what has expired and is not swept yet', async () => {
    const [id = ''] = await idsOf(['a stale secret', { session: 's' }]);
    await clients.database.asSystem((scope) =>
      scope.query(`UPDATE context_items SET expires_at = now() WHERE id = $1`, [id]),
    );
    expect(await forget({ session: 's' })).toMatchObject({ itemIds: [id] });
    expect(await everything()).not.toContain('stale');
  });

  it('takes many in several transactions, lists a thousand and hashes them all', async () => {
    await clients.database.asSystem((scope) =>
      scope.query(
        `INSERT INTO context_items (id, workspace_id, kind, content, content_hash, tokens, created_at)
         SELECT gen_random_uuid(), $1, 'note', 'bulk', n::text, 1, timestamptz '2026-01-01' + make_interval(secs => n / 7)
         FROM generate_series(1, 1300) AS n`,
        [workspace],
      ),
    );
    const ids: string[] = [];
    for await (const page of memory.exports.pages(workspace, {})) ids.push(...page.map(({ id }) => id));
    const erasure = await forget({ all: true });
    expect(erasure.counts).toMatchObject({ items: 1300 });
    expect(erasure.itemIds).toEqual(ids.slice(0, 1_000));
    const hash = createHash('sha256').update(ids.map((id) => `${id}\n`).join(''));
    expect(erasure.itemIdsSha256).toBe(hash.digest('hex'));
  });

  it('that breaks off leaves a certificate of what went, and done again takes the rest', async () => {
    await idsOf(['first', { session: 's' }], ['second', { session: 's' }]);
    const name = `refuse_${workspace.replaceAll('-', '')}`;
    // A receipt that cannot be emptied stands for the accident.
    await receiptOf([], 'q', 's');
    await clients.dataSource.query(
      `ALTER TABLE context_receipts ADD CONSTRAINT ${name} CHECK (workspace_id <> '${workspace}' OR query IS NOT NULL) NOT VALID`,
    );
    try {
      await expect(forget({ session: 's' })).rejects.toThrow(/refuse_/);
    } finally {
      await clients.dataSource.query(`ALTER TABLE context_receipts DROP CONSTRAINT ${name}`);
    }
    const [broken] = (await memory.forget.list(workspace, 1)).data;
    expect(broken).toMatchObject({ counts: { items: 2 }, completedAt: null, itemIdsSha256: null });
    expect(await forget({ session: 's' })).toMatchObject({ counts: { items: 0, contextReceipts: 1 } });
  });

  it('may be asked twice at once: each item is in one certificate', async () => {
    const ids = await idsOf(...Array.from({ length: 40 }, (_, i): [string] => [`item number ${i}`]));
    const both = await Promise.all([forget({ all: true }), forget({ all: true })]);
    expect(both.flatMap(({ itemIds }) => itemIds).toSorted()).toEqual(ids.toSorted());
  });

  it('leaves certificates that the application cannot delete', async () => {
    await forget({ all: true });
    const remove = clients.database.inWorkspace(workspace, (scope) =>
      scope.query(`DELETE FROM erasure_certificates`),
    );
    await expect(remove).rejects.toThrow(/permission denied/);
  });
});

it('leaves no vector of it, in whatever embedding space, and counts those beside the rows', async () => {
  const { items } = await memory.ingest.ingest(workspace, [note('one alpha'), note('two beta')]);
  await memory.work();
  await memory.spaces.create(other.space);
  while ((await memory.fill.run()) > 0);
  const held = () =>
    clients.database.asSystem((scope) =>
      scope.query(`SELECT FROM context_vectors WHERE workspace_id = $1`, [workspace]),
    );
  expect(await held()).toHaveLength(items.length);
  const counts = { items: 2, contextItems: 2, contextVectors: 2 };
  expect(await memory.forget.preview(workspace, { all: true })).toMatchObject({ counts });
  const erasure = await memory.forget.forget({ workspaceId: workspace, keyId: 'key' }, { all: true });
  expect(erasure).toMatchObject({ counts });
  expect(await memory.forget.get(workspace, erasure.id)).toMatchObject({ counts });
  expect(await held()).toEqual([]);
});
