import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type NewItem, parseFilter } from '#context-memory';
import { IngestRepository } from '../../libs/context-memory/src/ingest/ingest.repository.js';
import { prepareItem } from '../../libs/context-memory/src/ingest/prepared-item.js';
import { memoryOn, type Memory, newWorkspace, note } from './context-memory.harness.js';
import { connectStores, type StoreClients } from './store-clients.js';

let clients: StoreClients;
let memory: Memory;
let workspace: string;
beforeAll(async () => {
  clients = await connectStores();
  memory = await memoryOn(clients);
});
beforeEach(async () => {
  workspace = await newWorkspace(clients);
});
afterAll(() => clients.close());

const store = async (...items: NewItem[]): Promise<string[]> => {
  const stored = await memory.ingest.ingest(workspace, items);
  return stored.items.map(({ id }) => id);
};
const long = Array.from({ length: 60 }, (_, i) => `Paragraph ${i} tells of pumps and valves.`).join('\n\n');
const contentsOf = async (query: Parameters<Memory['items']['list']>[1]) =>
  (await memory.items.list(workspace, query)).data.map(({ content }) => content);

describe('a collection', () => {
  it('is listed by, with all parts of a long text, counted, and gone with its last item', async () => {
    const [a = ''] = await store(
      note('one', { collection: 'kb', pinned: true }),
      note(long, { collection: 'kb', asDocument: true, kind: 'document' }),
      note('three', { collection: 'other', session: 's' }),
      note('four'),
    );
    expect(await contentsOf({ limit: 9, collection: 'kb', pinned: true })).toEqual(['one']);
    const found = await memory.recall.recall(workspace, {
      query: 'paragraph 59 pumps',
      filter: { collection: 'kb' },
    });
    expect(found.items.some(({ part }) => part !== undefined && part.position > 0)).toBe(true);
    const counts = { newestAt: expect.any(Date) };
    const first = await memory.items.groups(workspace, 'collection', 1, undefined);
    expect(first).toEqual({
      data: [{ name: 'kb', items: 2, pinned: 1, ...counts }],
      nextCursor: expect.any(String),
    });
    const second = await memory.items.groups(workspace, 'collection', 1, 'kb');
    expect(second).toEqual({ data: [{ name: 'other', items: 1, pinned: 0, ...counts }], nextCursor: null });
    expect((await memory.items.groups(workspace, 'session', 9, undefined)).data).toMatchObject([
      { name: 's', items: 1 },
    ]);
    await memory.items.update(workspace, a, { collection: 'other', pinned: false });
    const erasure = await memory.forget.forget({ workspaceId: workspace, keyId: 'k' }, { collection: 'kb' });
    expect(erasure).toMatchObject({ filter: { collection: 'kb' }, counts: { items: 1 } });
    expect((await memory.items.groups(workspace, 'collection', 9, undefined)).data).toMatchObject([
      { name: 'other', items: 2, pinned: 0 },
    ]);
  });

  it('keeps the same text apart from that in another one, and once in itself', async () => {
    const [a, b, again] = await store(
      note('the same', { collection: 'a' }),
      note('the same', { collection: 'b' }),
      note('the  same ', { collection: 'a' }),
    );
    expect(new Set([a, b]).size).toBe(2);
    expect(again).toBe(a);
    await expect(memory.items.update(workspace, a ?? '', { collection: 'b' })).rejects.toMatchObject({
      httpStatus: 409,
      code: 'duplicate_content',
    });
    const moved = await memory.items.update(workspace, a ?? '', { collection: null });
    expect(moved).toMatchObject({ collection: null, version: 2 });
  });

  it('has its texts found among many by an index, under row-level security too', async () => {
    await clients.database.asSystem((scope) =>
      scope.query(
        `INSERT INTO context_items (id, workspace_id, kind, content, content_hash, tokens, collection)
         SELECT gen_random_uuid(), $1, 'note', 'w', md5(n::text), 1, 'many' FROM generate_series(1, 5000) AS n`,
        [workspace],
      ),
    );
    await clients.dataSource.query('ANALYZE context_items');
    const plan = await clients.database.inWorkspace(workspace, async (scope) => {
      const query = vi.spyOn(scope, 'query');
      await new IngestRepository().findExisting(scope, [prepareItem(note('w'), new Date())]);
      const [sql, values] = query.mock.calls[0] ?? [];
      return scope.query(`EXPLAIN ${sql}`, values);
    });
    expect(JSON.stringify(plan)).toContain('Index Scan using context_items_same_content');
  });

  it('is where a later post under the same external id says', async () => {
    const post = (more: Partial<NewItem>) => store(note('text', { externalId: 'x', ...more }));
    await post({ collection: 'a', pinned: true });
    await post({ collection: 'b' });
    expect((await memory.items.list(workspace, { limit: 9 })).data).toMatchObject([
      { collection: 'b', pinned: true },
    ]);
  });

  it('and pins go by filters, and do not reach receipts and working sets', async () => {
    await memory.workingSets.create(workspace, { name: 'kept', session: 's' });
    await store(note('pinned', { pinned: true }), note('not pinned'));
    const filter = parseFilter({ pinned: true, collection: { exists: false } });
    expect(await contentsOf({ limit: 9, filter })).toEqual(['pinned']);
    expect(() => parseFilter({ pinned: 'yes' })).toThrow(expect.objectContaining({ param: 'filter.pinned' }));
    const { counts } = await memory.forget.preview(workspace, { pinned: false });
    expect(counts).toMatchObject({ items: 1, contextWorkingSets: 0, contextReceipts: 0 });
    await expect(memory.forget.preview(workspace, { collection: '\0' })).rejects.toMatchObject({
      param: 'collection',
    });
  });

  it.each(['', ' ', 'x'.repeat(201), '\0'])('is not named %j', async (collection) => {
    const refused = { httpStatus: 400, param: 'collection' };
    await expect(store(note('text', { collection }))).rejects.toMatchObject(refused);
    const [id = ''] = await store(note('text'));
    await expect(memory.items.update(workspace, id, { collection })).rejects.toMatchObject(refused);
  });
});

describe('an item of a session', () => {
  const placesOf = (session: string) =>
    clients.database.inWorkspace(workspace, (scope) =>
      scope.query<{ place: number; content: string }>(
        `SELECT session_position::integer AS place, content FROM context_items
         WHERE session = $1 AND position = 0 ORDER BY session_position`,
        [session],
      ),
    );

  it('goes to the end of another one, by a change or by a post, and out of all', async () => {
    const turns = ['one', 'two', 'three'].map((content) => note(content, { session: 'from' }));
    const [, two = '', three = ''] = await store(...turns, note('here', { session: 'to' }));
    await store(note('posted', { session: 'from', externalId: 'x' }));
    expect(await memory.items.update(workspace, two, { session: 'to' })).toMatchObject({ session: 'to' });
    await store(note('posted', { session: 'to', externalId: 'x' }));
    expect(await placesOf('to')).toEqual([
      { place: 1, content: 'here' },
      { place: 2, content: 'two' },
      { place: 3, content: 'posted' },
    ]);
    await memory.items.update(workspace, two, { session: 'to', importance: 1 });
    expect(await placesOf('to')).toHaveLength(3);
    expect(await memory.items.update(workspace, three, { session: null })).toMatchObject({ session: null });
    await store(note('four', { session: 'from' }));
    expect(await placesOf('from')).toEqual([
      { place: 1, content: 'one' },
      { place: 2, content: 'four' },
    ]);
  });

  it('goes where nobody else goes at the same time, and nowhere where its text is already', async () => {
    const ids = await store(...Array.from({ length: 6 }, (_, i) => note(`text ${i}`)));
    await Promise.all([
      ...ids.map((id) => memory.items.update(workspace, id, { session: 'to' })),
      store(note('posted', { session: 'to' })),
    ]);
    expect((await placesOf('to')).map(({ place }) => place)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const [again = ''] = await store(note('text 3'));
    const moved = memory.items.update(workspace, again, { session: 'to' });
    await expect(moved).rejects.toMatchObject({ httpStatus: 409 });
  });
});

describe('a pinned item', () => {
  it('is in the working sets that take what is pinned, behind their own, as long as it is', async () => {
    const [own = '', old = '', young = ''] = await store(
      note('own'),
      note('old', { pinned: true, createdAt: new Date('2026-01-01') }),
      note('young', { pinned: true }),
      note('over', { pinned: true, expiresAt: new Date(Date.now() + 60_000) }),
      note('not pinned'),
    );
    await memory.workingSets.create(workspace, { name: 'all', pinnedItems: [own, young], takesPinned: true });
    await memory.workingSets.create(workspace, { name: 'own', pinnedItems: [own] });
    const packed = async (name: string) => {
      const set = await memory.workingSets.get(workspace, name);
      const { packed: parts } = await memory.workingSets.render(workspace, set);
      return parts.map(({ content, wantedBy }) => [content, wantedBy]);
    };
    const pinned = (...contents: string[]) => contents.map((content) => [content, 'pinned']);
    expect(await packed('all')).toEqual(pinned('own', 'young', 'old', 'over'));
    expect(await packed('own')).toEqual(pinned('own'));
    await memory.items.update(workspace, old, { pinned: false });
    expect(await packed('all')).toEqual(pinned('own', 'young', 'over'));
    await memory.workingSets.update(workspace, 'all', { takesPinned: false });
    expect(await packed('all')).toEqual(pinned('own', 'young'));
  });
});
