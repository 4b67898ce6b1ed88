import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectStores, type StoreClients } from './store-clients.js';
import { memoryOn, type Memory, newWorkspace, note, WordEmbedder } from './context-memory.harness.js';

let clients: StoreClients;
let memory: Memory;
let embedder: WordEmbedder;
let workspace: string;

beforeAll(async () => {
  clients = await connectStores({ CONTEXT_WAIT_TIMEOUT_MS: '1000', CONTEXT_MAX_CONTENT_CHARS: '50000' });
});
afterAll(() => clients.close());
beforeEach(async () => {
  embedder = new WordEmbedder();
  memory = await memoryOn(clients, embedder);
  workspace = await newWorkspace(clients);
});

const ids = async (query: string) =>
  (await memory.recall.recall(workspace, { query })).items.map(({ id }) => id);
const rows = () =>
  clients.database.inWorkspace(workspace, (scope) =>
    scope.query<{ id: string; content: string; status: string; version: number; position: number }>(
      `SELECT id, content, status, version, position FROM context_items ORDER BY created_at, position`,
    ),
  );
const longText = Array.from(
  { length: 60 },
  (_, i) => `Sentence number ${i} speaks of topic${i} at length.`,
).join(' ');

describe('ingest', () => {
  it('finds an item by its words at once, by its meaning once embedded', async () => {
    const { items, job } = await memory.ingest.ingest(workspace, [note('The car is parked behind the barn')]);
    expect(job).toMatchObject({ status: 'pending', total: 1, pending: 1 });
    const [id] = items.map((item) => item.id);
    expect(await ids('Where is the car?')).toEqual([id]);
    expect(await ids('automobile')).toEqual([]);
    await memory.work();
    expect(await ids('automobile')).toEqual([id]);
    expect(await memory.jobs.get(workspace, job.id)).toMatchObject({ status: 'completed', embedded: 1 });
  });

  it('takes the same text in the same session as one item', async () => {
    const first = await memory.ingest.ingest(workspace, [note('Same  text', { metadata: { n: 1 } })]);
    const again = await memory.ingest.ingest(workspace, [note(' Same text\n', { metadata: { n: 2 } })]);
    const elsewhere = await memory.ingest.ingest(workspace, [note('Same text', { session: 's' })]);
    expect(again.items).toEqual([{ id: first.items[0]?.id, status: 'pending', duplicate: true }]);
    expect(elsewhere.items[0]?.id).not.toBe(first.items[0]?.id);
    expect(await memory.items.get(workspace, first.items[0]?.id ?? '')).toMatchObject({ metadata: { n: 2 } });
  });

  it('makes one item of many concurrent posts of one text', async () => {
    const posts = Array.from({ length: 12 }, (_, i) =>
      memory.ingest.ingest(workspace, [note(`other ${i}`), note('the race'), note(longText)]),
    );
    const results = await Promise.all(posts);
    expect(new Set(results.map(({ items }) => items[1]?.id)).size).toBe(1);
    expect(new Set(results.map(({ items }) => items[2]?.id)).size).toBe(1);
    expect(results.filter(({ items }) => !items[1]?.duplicate)).toHaveLength(1);
    const heads = (await rows()).filter(({ position }) => position === 0);
    expect(heads).toHaveLength(14);
  });

  it('takes texts that are in one request twice as one item', async () => {
    const { items } = await memory.ingest.ingest(workspace, [note('twice'), note('once'), note('twice')]);
    expect(items.map(({ duplicate }) => duplicate)).toEqual([false, false, true]);
    expect(items[0]?.id).toBe(items[2]?.id);
  });

  it('answers a repeat with the same Idempotency-Key by the same job, and refuses another body', async () => {
    const options = { idempotencyKey: 'key-1' };
    const post = () => memory.ingest.ingest(workspace, [note('only once')], options);
    const [first, second] = await Promise.all([post(), post()]);
    expect(second.job.id).toBe(first.job.id);
    expect(second.items.map(({ id }) => id)).toEqual(first.items.map(({ id }) => id));
    await expect(memory.ingest.ingest(workspace, [note('another')], options)).rejects.toMatchObject({
      httpStatus: 409,
      retryable: false,
    });
    const other = await newWorkspace(clients);
    const theirs = await memory.ingest.ingest(other, [note('another')], options);
    expect(theirs.job.id).not.toBe(first.job.id);
  });

  it('replaces by external_id, and embeds again only what has changed', async () => {
    const post = (content: string) =>
      memory.ingest.ingest(workspace, [note(content, { externalId: 'kb/1' })]);
    const { items } = await post('The cat sleeps');
    const id = items[0]?.id ?? '';
    await memory.work();
    await post('The  cat sleeps');
    await memory.work();
    expect(embedder.embedded).toHaveLength(1);
    expect((await memory.items.get(workspace, id)).version).toBe(1);

    const changed = await post('The dog barks');
    expect(changed.items).toEqual([{ id, status: 'pending', duplicate: true }]);
    expect(await ids('cat')).toEqual([]);
    await memory.work();
    expect(await memory.items.get(workspace, id)).toMatchObject({
      version: 2,
      content: 'The dog barks',
      status: 'embedded',
    });
  });

  it('keeps the vectors of parts that stay, wherever they come to stand', async () => {
    const paragraph = (i: number) =>
      `Paragraph ${i}. ${Array.from({ length: 36 }, (_, n) => `word${i}x${n}`).join(' ')}`;
    const post = (numbers: number[]) =>
      memory.ingest.ingest(workspace, [
        note(numbers.map(paragraph).join('\n\n'), { externalId: 'kb/long', asDocument: true }),
      ]);
    const { items } = await post([1, 2, 3, 4, 5, 6]);
    await memory.work();
    const parts = embedder.embedded.splice(0).length;
    expect(parts).toBe(6);
    const vectors = () =>
      clients.database.inWorkspace(workspace, (scope) =>
        scope.query(`SELECT content, embedding::text AS vector FROM context_items ORDER BY content`),
      );
    const before = await vectors();

    // A change at the end, then one at the beginning: what was the first part is now a later one.
    await post([1, 2, 3, 4, 5, 7]);
    await memory.work();
    expect(embedder.embedded.splice(0).every((text) => text.includes('word7x'))).toBe(true);
    await post([8, 1, 2, 3, 4, 5]);
    await memory.work();
    expect(embedder.embedded.splice(0).every((text) => text.includes('word8x'))).toBe(true);
    // And back: the head's vector comes from a later part.
    await post([1, 2, 3, 4, 5]);
    expect(memory.queued.splice(0)).toHaveLength(1);
    const id = items[0]?.id ?? '';
    expect(await memory.items.get(workspace, id)).toMatchObject({ status: 'embedded', version: 4 });
    expect(await memory.embed.embedItems(workspace, [id])).toBe(0);
    expect(before).toEqual(expect.arrayContaining(await vectors()));
  });

  it('splits a long text into parts under one id, and joins them again', async () => {
    const { items } = await memory.ingest.ingest(workspace, [
      note(longText, { externalId: 'doc', metadata: { a: 1 } }),
    ]);
    const id = items[0]?.id ?? '';
    await memory.work();
    const item = await memory.items.get(workspace, id);
    expect(item).toMatchObject({ content: longText, status: 'embedded' });
    expect(item.parts).toBeGreaterThan(2);
    const [hit] = (await memory.recall.recall(workspace, { query: 'topic59', filter: { a: 1 } })).items;
    expect(hit).toMatchObject({ id, part: { position: item.parts - 1, of: item.parts } });
    expect((await memory.items.list(workspace, { limit: 10 })).data).toHaveLength(1);

    await memory.ingest.ingest(workspace, [note('Now short', { externalId: 'doc' })]);
    expect(await rows()).toEqual([
      expect.objectContaining({ id, content: 'Now short', position: 0, version: 2 }),
    ]);
  });

  it('waits for the embedding when asked to, but not for ever', async () => {
    const posted = memory.ingest.ingest(workspace, [note('patient'), note(longText)], { wait: true });
    const worker = setInterval(() => void memory.work(), 20);
    expect((await posted.finally(() => clearInterval(worker))).job.status).toBe('completed');
    const late = await memory.ingest.ingest(workspace, [note('nobody works')], { wait: true });
    expect(late.job.status).toBe('pending');
  });

  it('keeps the order of a session and says who spoke when', async () => {
    const turns = ['Where did I park?', 'Behind the barn.', 'Thanks!'].map((content, i) => ({
      role: i % 2 ? 'assistant' : 'user',
      content,
    }));
    await memory.ingest.remember({ workspaceId: workspace, session: 's', turns: turns.slice(0, 2) });
    await memory.ingest.remember({ workspaceId: workspace, session: 's', turns: turns.slice(1) });
    const order = await clients.database.inWorkspace(workspace, (scope) =>
      scope.query(
        `SELECT content, session_position::int AS at, metadata->>'role' AS role FROM context_items ORDER BY 2`,
      ),
    );
    expect(order).toEqual(turns.map(({ role, content }, i) => ({ content, at: i + 1, role })));
    expect(await ids('what did the assistant say')).toHaveLength(3);
  });

  it('revives what has expired but was not swept', async () => {
    const expiresAt = new Date(Date.now() + 60_000);
    const { items } = await memory.ingest.ingest(workspace, [note('short-lived', { expiresAt })]);
    await clients.database.asSystem((scope) =>
      scope.query(
        `UPDATE context_items SET expires_at = now() - interval '1 second' WHERE workspace_id = $1`,
        [workspace],
      ),
    );
    expect(await ids('short-lived')).toEqual([]);
    await memory.ingest.ingest(workspace, [note('short-lived')]);
    expect(await ids('short-lived')).toEqual([items[0]?.id]);
  });

  it.each([
    ['NUL', note('a\0b', { path: 'items[3]' }), 'items[3].content'],
    ['a lone surrogate', note('a\ud800b', { path: 'items[3]' }), 'items[3].content'],
    ['NUL in a title', note('x', { title: '\0' }), 'title'],
    ['a surrogate in metadata', note('x', { metadata: { a: { b: '\udc00' } } }), 'metadata.a.b'],
    ['NUL in a metadata key', note('x', { metadata: { '\0': 1 } }), 'metadata'],
    [
      'deep metadata',
      note('x', { metadata: JSON.parse('{"a":'.repeat(12) + '1' + '}'.repeat(12)) }),
      undefined,
    ],
    ['large metadata', note('x', { metadata: { a: 'y'.repeat(20_000) } }), 'metadata'],
    ['a text over the limit', note('x'.repeat(50_001)), 'content'],
    ['nothing but space', note(' \n '), 'content'],
    ['a past expiry', note('x', { expiresAt: new Date(0) }), 'expires_at'],
    ['a long session', note('x', { session: 's'.repeat(201) }), 'session'],
  ])('refuses %s, naming the field', async (_name, item, param) => {
    const refused = memory.ingest.ingest(workspace, [note('good one'), item]);
    await expect(refused).rejects.toMatchObject({ httpStatus: 400, ...(param && { param }) });
    expect(await rows()).toEqual([]);
  });
});
