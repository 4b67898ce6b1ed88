import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EmbedRepository } from '../../libs/context-memory/src/indexing/embed.repository.js';
import { memoryOn, type Memory, newWorkspace, note, WordEmbedder } from './context-memory.harness.js';
import { connectStores, type StoreClients, until } from './store-clients.js';

let clients: StoreClients;
let memory: Memory;
let embedder: WordEmbedder;
let workspace: string;

beforeAll(async () => {
  clients = await connectStores();
});
afterAll(() => clients.close());
beforeEach(async () => {
  // Sweeps go over all workspaces: what other tests left pending is theirs.
  await clients.database.asSystem((scope) => scope.query(`DELETE FROM context_items`));
  embedder = new WordEmbedder();
  memory = await memoryOn(clients, embedder);
  workspace = await newWorkspace(clients);
});

const post = async (...contents: string[]) =>
  (
    await memory.ingest.ingest(
      workspace,
      contents.map((content) => note(content)),
    )
  ).items.map(({ id }) => id);
const status = async (id: string) => (await memory.items.get(workspace, id)).status;
const sql = (text: string) => clients.database.asSystem((scope) => scope.query(text));

describe('embedding', () => {
  it('does no row twice, however many workers are at it', async () => {
    const ids = await post(...Array.from({ length: 90 }, (_, i) => `row ${i}`));
    const others = [memory, await memoryOn(clients, embedder), await memoryOn(clients, embedder)];
    const done = await Promise.all(others.map(({ embed }) => embed.embedItems(workspace, ids)));
    expect(done.reduce((a, b) => a + b)).toBe(90);
    expect(embedder.embedded).toHaveLength(90);
    expect(await memory.embed.embedItems(workspace, ids)).toBe(0);
  });

  it('does not put the old text’s vector on a text that changed meanwhile', async () => {
    const [id = ''] = await post('old words');
    let release = () => {};
    embedder.hold = new Promise((resolve) => (release = resolve));
    const working = memory.work();
    await until(async () => (await sql(`SELECT 1 FROM context_items WHERE claim_id IS NOT NULL`)).length > 0);
    await memory.items.update(workspace, id, { content: 'new words' });
    release();
    await working;
    // The worker went on to the new text by itself.
    expect(embedder.embedded).toEqual(['old words', 'new words']);
    expect(await status(id)).toBe('embedded');
    const [vector] = await embedder.embed(['new words'], 'query');
    const found = await clients.database.asSystem((scope) =>
      scope.query<{ similarity: number }>(
        `SELECT title, content, similarity FROM context_search($1, $2::vector, 5)`,
        [workspace, JSON.stringify(Array.from(vector ?? []))],
      ),
    );
    expect(found).toMatchObject([{ title: null, content: 'new words' }]);
    expect(found[0]?.similarity).toBeCloseTo(1, 5);
  });

  it('serves who posts one text beside who posts many, in whatever order they came', async () => {
    const many = await post(...Array.from({ length: 100 }, (_, i) => `one of many ${i}`));
    const others = await Promise.all([newWorkspace(clients), newWorkspace(clients)]);
    for (const other of others) await memory.ingest.ingest(other, [note(`alone in ${other}`)]);
    await memory.embedFairly.embedItems(workspace, many);
    expect(embedder.embedded).toHaveLength(102);
    for (const other of others) expect(embedder.embedded.indexOf(`alone in ${other}`)).toBeLessThan(34);
  });

  it('keeps rows pending, at no attempt’s cost, while the embedder is away', async () => {
    const [id = ''] = await post('patient');
    embedder.down = true;
    for (let i = 0; i < 8; i++) {
      await expect(memory.embed.embedItems(workspace, [id])).rejects.toMatchObject({
        code: 'embedding_unavailable',
      });
    }
    embedder.down = false;
    expect(await memory.embed.embedItems(workspace, [id])).toBe(1);
  });

  it('gives up a text that cannot be embedded, says why, and embeds those beside it', async () => {
    embedder.poison = 'poison';
    const [bad = '', good = ''] = await post('poison here', 'fine here');
    for (let i = 0; i < 5; i++) await memory.embed.embedItems(workspace, [bad, good]);
    expect(await status(good)).toBe('embedded');
    const item = await memory.items.get(workspace, bad);
    expect(item).toMatchObject({ status: 'failed', error: 'The test embedder is away' });

    embedder.poison = undefined;
    await post('poison here');
    await memory.work();
    expect(await status(bad)).toBe('embedded');
  });

  it('tries again what had failed when its job is retried, and nothing else', async () => {
    embedder.poison = 'poison';
    const { job, items } = await memory.ingest.ingest(workspace, [note('poison here'), note('fine here')]);
    for (let i = 0; i < 5; i++) await memory.work().then(() => memory.sweep.sweep(0));
    expect(await memory.jobs.get(workspace, job.id)).toMatchObject({ status: 'failed', failed: 1 });
    embedder.poison = undefined;
    memory.queued.splice(0);
    expect(await memory.jobs.retry(workspace, job.id)).toMatchObject({ pending: 1, failed: 0 });
    expect(memory.queued).toEqual([{ workspace_id: workspace, item_ids: [items[0]?.id] }]);
    await memory.work();
    expect(await memory.jobs.get(workspace, job.id)).toMatchObject({ status: 'completed', embedded: 2 });
    expect(embedder.embedded.filter((text) => text === 'fine here')).toHaveLength(1);
    expect(await memory.jobs.retry(workspace, job.id)).toMatchObject({ status: 'completed' });
    expect(memory.queued).toEqual([]);
  });
});

describe('the sweeper', () => {
  it('queues again what a lost queue left behind, once', async () => {
    const ids = await post('lost', 'also lost');
    memory.queued.splice(0);
    await memory.sweep.sweep(15_000);
    expect(memory.queued).toEqual([]);
    await memory.sweep.sweep(0);
    expect(memory.queued.flatMap(({ item_ids }) => item_ids).toSorted()).toEqual(ids.toSorted());
    await memory.work();
    expect(await Promise.all(ids.map(status))).toEqual(['embedded', 'embedded']);
    await memory.sweep.sweep(0);
    expect(memory.queued).toEqual([]);
  });

  it('takes over from workers that died, however many', async () => {
    const [id = ''] = await post('unlucky');
    memory.queued.splice(0);
    const embed = memory.part(EmbedRepository);
    for (let death = 0; death < 7; death++) {
      const claimed = await clients.database.inWorkspace(workspace, (scope) => embed.claim(scope, [id], 9));
      expect(claimed).toHaveLength(1);
      await memory.sweep.sweep(0);
      expect(memory.queued).toEqual([]);
      await sql(`UPDATE context_items SET claimed_at = now() - interval '2 minutes'`);
      await memory.sweep.sweep(0);
      expect(memory.queued.splice(0)).toHaveLength(1);
    }
    expect(await memory.embed.embedItems(workspace, [id])).toBe(1);
    expect(await status(id)).toBe('embedded');
  });

  it('deletes what has expired, parts and all', async () => {
    const long = Array.from({ length: 400 }, (_, i) => `word${i}`).join(' ');
    await memory.ingest.ingest(workspace, [
      note(long, { expiresAt: new Date(Date.now() + 60_000) }),
      note('stays'),
    ]);
    await sql(`UPDATE context_items SET expires_at = now() WHERE expires_at IS NOT NULL`);
    await memory.sweep.sweep();
    expect(await sql(`SELECT content FROM context_items`)).toEqual([{ content: 'stays' }]);
  });
});
