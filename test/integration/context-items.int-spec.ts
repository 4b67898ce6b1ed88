import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '#common';
import { parseFilter } from '#context-memory';
import { readCursor } from '../../libs/context-memory/src/items/page-cursor.js';
import { memoryOn, type Memory, newWorkspace, note, WordEmbedder } from './context-memory.harness.js';
import { connectStores, type StoreClients } from './store-clients.js';

let clients: StoreClients;
let memory: Memory;
let embedder: WordEmbedder;
let workspace: string;

beforeAll(async () => {
  clients = await connectStores();
});
afterAll(() => clients.close());
beforeEach(async () => {
  embedder = new WordEmbedder();
  memory = await memoryOn(clients, embedder);
  workspace = await newWorkspace(clients);
});

async function post(content: string, more: Parameters<typeof note>[1] = {}): Promise<string> {
  const { items } = await memory.ingest.ingest(workspace, [note(content, more)]);
  return items[0]?.id ?? '';
}

const long = Array.from({ length: 60 }, (_, i) => `Sentence number ${i} speaks of topic${i} at length.`).join(
  '\n',
);
const titles = async (filter: unknown) =>
  (await memory.items.list(workspace, { limit: 100, filter: parseFilter(filter) })).data
    .map(({ title }) => title ?? '')
    .toSorted();

describe('an item', () => {
  it('is changed under its id, as a new version', async () => {
    const id = await post('first text', { title: 'One', importance: 0.25 });
    await memory.work();
    const expiresAt = new Date(Date.now() + 3_600_000);
    const patched = await memory.items.update(workspace, id, { metadata: { a: 1 }, expiresAt });
    expect(patched).toMatchObject({
      id,
      version: 2,
      status: 'embedded',
      title: 'One',
      importance: 0.25,
      expiresAt,
    });
    expect(await memory.items.update(workspace, id, { title: null })).toMatchObject({
      title: null,
      status: 'pending',
    });
    const cleared = await memory.items.update(workspace, id, { expiresAt: null, content: long });
    expect(cleared).toMatchObject({ id, content: long, expiresAt: null, metadata: { a: 1 } });
    expect(cleared.parts).toBeGreaterThan(1);
    await memory.work();
    expect((await memory.items.get(workspace, id)).status).toBe('embedded');
    expect(await memory.items.update(workspace, id, { content: 'short again' })).toMatchObject({
      id,
      parts: 1,
    });
  });

  it('may be patched by many at once and ends as one of them', async () => {
    const id = await post(long);
    const texts = Array.from({ length: 8 }, (_, i) => `${long} version ${i}`);
    await Promise.all(texts.map((content) => memory.items.update(workspace, id, { content })));
    const item = await memory.items.get(workspace, id);
    expect(texts).toContain(item.content);
    expect(item.version).toBe(9);
  });

  it('cannot become equal to another', async () => {
    const id = await post('one');
    await post('two');
    await expect(memory.items.update(workspace, id, { content: 'two' })).rejects.toMatchObject({
      httpStatus: 409,
    });
    await expect(memory.items.update(workspace, id, {})).rejects.toMatchObject({ httpStatus: 400 });
  });

  it('is gone when deleted: text, parts and vectors; its job counts it as done', async () => {
    const { job, items } = await memory.ingest.ingest(workspace, [note(long)]);
    await memory.items.delete(workspace, items[0]?.id ?? '');
    const left = await clients.database.asSystem((scope) =>
      scope.query(
        `SELECT id FROM context_items WHERE workspace_id = $1 UNION ALL SELECT id FROM context_documents WHERE workspace_id = $1`,
        [workspace],
      ),
    );
    expect(left).toEqual([]);
    expect(await memory.jobs.get(workspace, job.id)).toMatchObject({
      status: 'completed',
      total: 1,
      embedded: 1,
    });
    await expect(memory.items.delete(workspace, items[0]?.id ?? '')).rejects.toMatchObject({
      httpStatus: 404,
    });
    for (const id of [newId(), 'no-id', "'; DROP TABLE context_items"]) {
      await expect(memory.items.get(workspace, id)).rejects.toMatchObject({ httpStatus: 404 });
    }
  });
});

describe('the list', () => {
  it('goes through all items once, newest first, and through nothing that is not there', async () => {
    const at = new Date('2026-05-01T10:00:00.123Z');
    for (let i = 0; i < 7; i++) await post(`item ${i}`, { createdAt: i < 4 ? at : undefined });
    const seen: string[] = [];
    let after: ReturnType<typeof readCursor> | undefined;
    for (let pages = 0; pages < 10; pages++) {
      const page = await memory.items.list(workspace, { limit: 2, after });
      seen.push(...page.data.map(({ content }) => content));
      if (page.nextCursor === null) break;
      after = readCursor(page.nextCursor);
    }
    expect(seen).toHaveLength(7);
    expect(new Set(seen).size).toBe(7);
    expect(seen.slice(0, 3)).toEqual(['item 6', 'item 5', 'item 4']);
    expect(() => readCursor('nonsense')).toThrow(/cursor/);
  });

  it('filters by metadata and by the own fields', async () => {
    await post('a', {
      title: 'a',
      kind: 'note',
      metadata: { year: 2024, tags: ['red'], author: { name: 'Ann' } },
    });
    await post('b', { title: 'b', kind: 'faq', metadata: { year: 2026, tags: [], note: 'The RED one' } });
    await post('c', {
      title: 'c',
      session: 's',
      importance: 0.9,
      metadata: { year: '2026', kind: 'x', 'it"s': 1 },
    });
    const all = ['a', 'b', 'c'];
    const cases: [unknown, string[]][] = [
      [{}, all],
      [{ kind: 'note' }, ['a', 'c']],
      [{ 'metadata.kind': 'x' }, ['c']],
      [{ year: 2026 }, ['b']],
      [{ year: { gt: 2023, lt: 2026 } }, ['a']],
      [{ year: { ne: 2024 } }, ['b', 'c']],
      [{ 'author.name': 'Ann' }, ['a']],
      [{ 'author.name': { exists: false } }, ['b', 'c']],
      [{ tags: { contains: 'red' } }, ['a']],
      [{ note: { contains: 'red' } }, ['b']],
      [{ year: { in: [2024, '2026'] } }, ['a', 'c']],
      [{ year: { nin: [2024, '2026'] } }, ['b']],
      [{ or: [{ session: 's' }, { kind: 'faq' }] }, ['b', 'c']],
      [{ not: { or: [{ session: 's' }, { kind: 'faq' }] } }, ['a']],
      [{ and: [{ importance: { gte: 0.5 } }, { importance: { lt: 0.8 } }] }, ['a', 'b']],
      [{ created_at: { gte: '2020-01-01', lt: '2099-01-01T00:00:00Z' } }, all],
      [{ session: null }, ['a', 'b']],
      [{ 'it"s': 1 }, ['c']],
      [{ "x' OR true --": 1 }, []],
      [{ title: { contains: "' OR true --" } }, []],
      [{ year: { in: [] } }, []],
      [{ or: [] }, []],
    ];
    for (const [filter, expected] of cases)
      expect([filter, await titles(filter)]).toEqual([filter, expected]);
  });
});
