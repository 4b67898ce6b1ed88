import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SystemScope } from '#database';
import { FillRepository } from '../../libs/context-memory/src/spaces/fill.repository.js';
import { embeddingSpaceKey } from '../../libs/context-memory/src/embedding/embedder.port.js';
import { memoryOn, type Memory, newWorkspace, note } from './context-memory.harness.js';
import { connectStores, type StoreClients, until } from './store-clients.js';
import { TopicEmbedder } from './topic-embedder.js';

const topics = Array.from({ length: 12 }, (_, i) => i);
const perTopic = 12;

let clients: StoreClients;
let before: TopicEmbedder;
let after: TopicEmbedder;
let memory: Memory;
let workspace: string;

beforeAll(async () => {
  clients = await connectStores();
});
afterAll(() => clients.close());
beforeEach(async () => {
  // Fills and sweeps go over all workspaces: what other tests left is theirs.
  await sql(`DELETE FROM context_items`);
  await sql(`DELETE FROM embedding_fills`);
  [before, after] = [new TopicEmbedder(48, 1.6), new TopicEmbedder(64, 1.6)];
  memory = await memoryOn(clients, before, [after]);
  workspace = await newWorkspace(clients);
});

const sql = <Row>(text: string, parameters: unknown[] = []) =>
  clients.database.asSystem((scope: SystemScope) => scope.query<Row>(text, parameters));

async function store(where: string, ...contents: string[]): Promise<string[]> {
  const result = await memory.ingest.ingest(
    where,
    contents.map((content) => note(content)),
  );
  await memory.work();
  return result.items.map(({ id }) => id);
}

const storeTopics = async () => {
  for (const topic of topics) {
    await store(
      workspace,
      ...Array.from({ length: perTopic }, (_, i) => `t${topic} text number x${topic * 100 + i}`),
    );
  }
};

/** What a question about a topic finds. */
async function ask(process: Memory, topic: number) {
  const begun = performance.now();
  const { items, explanation, degraded } = await process.recall.recall(workspace, {
    query: `q${topic}?`,
    topK: 10,
  });
  const right = items.filter(({ content }) => content.startsWith(`t${topic} `)).length;
  return { begun, topic, found: items.length, recall: right / 10, space: explanation.space, degraded };
}

const askAll = async (process: Memory) => {
  const answers: Awaited<ReturnType<typeof ask>>[] = [];
  for (const topic of topics) answers.push(await ask(process, topic));
  return answers;
};

const idOf = async (embedder: TopicEmbedder) => {
  const key = embeddingSpaceKey(embedder.space);
  return (await memory.spaces.list()).find((space) => embeddingSpaceKey(space) === key)?.id ?? 0;
};

const fillAll = async () => {
  while ((await memory.fill.run()) > 0);
};

describe('a switch to another space', () => {
  it('takes nothing from recall while it fills, when it switches and when it is taken back', async () => {
    await storeTopics();
    const otherProcess = await memoryOn(clients, before, [after]);
    const earlier = await askAll(memory);
    expect(new Set(earlier.map(({ space }) => space))).toEqual(new Set([embeddingSpaceKey(before.space)]));

    const load = new AbortController();
    const isOn = () => !load.signal.aborted;
    const seen: Awaited<ReturnType<typeof ask>>[] = [];
    const recalls = [memory, otherProcess].map(async (process) => {
      for (let i = 0; isOn(); i = (i + 1) % topics.length) seen.push(await ask(process, i));
    });
    const elsewhere = await newWorkspace(clients);
    const ingest = (async () => {
      for (let i = 0; isOn(); i++) await store(elsewhere, `t${i % 5} of another workspace ${i}`);
    })();

    const { id } = await memory.spaces.create(after.space);
    // Before it is filled: the workspace goes on being read by the space that is whole.
    await memory.spaces.activate(id);
    await until(() => seen.length > 5);
    expect((await ask(otherProcess, 1)).space).toBe(embeddingSpaceKey(before.space));
    await until(async () => {
      await memory.fill.run(20);
      return !(await memory.spaces.get(id)).filling;
    });
    const filled = performance.now();
    const isReadBy = async ({ space }: TopicEmbedder) =>
      (await ask(otherProcess, 1)).space === embeddingSpaceKey(space);
    await until(() => isReadBy(after));
    const later = await askAll(memory);
    const takenBack = performance.now();
    await memory.spaces.activate(await idOf(before));
    await until(() => isReadBy(before));
    load.abort();
    await Promise.all([...recalls, ingest]);

    // Whatever process is asked, two seconds after a call it is read as the call said.
    for (const { begun, space } of seen) {
      if (begun > takenBack + 2_000) expect(space).toBe(embeddingSpaceKey(before.space));
      else if (begun > filled + 2_000 && begun < takenBack)
        expect(space).toBe(embeddingSpaceKey(after.space));
    }
    expect(new Set(seen.map(({ space }) => space))).toEqual(
      new Set([before, after].map(({ space }) => embeddingSpaceKey(space))),
    );
    for (const { topic, found, recall, degraded } of seen) {
      expect({ topic, found, degraded }).toEqual({ topic, found: 10, degraded: [] });
      const lower = Math.min(earlier[topic]?.recall ?? 1, later[topic]?.recall ?? 1);
      expect(recall).toBeGreaterThanOrEqual(lower);
    }
    const mean = (answers: typeof seen) =>
      answers.reduce((sum, { recall }) => sum + recall, 0) / answers.length;
    // Neither space is perfect, nor is one no better than chance: the comparison means something.
    for (const answers of [earlier, later]) {
      expect(mean(answers)).toBeGreaterThan(0.5);
      expect(mean(answers)).toBeLessThan(1);
    }
    expect((await askAll(memory)).map(({ recall }) => recall)).toEqual(earlier.map(({ recall }) => recall));
  }, 60_000);

  it('gives what is stored during and after it vectors in both spaces', async () => {
    await store(workspace, 't1 before');
    const { id } = await memory.spaces.create(after.space);
    await store(workspace, 't1 during');
    await fillAll();
    await memory.spaces.activate(id);
    await store(workspace, 't1 behind');
    await fillAll();
    const spaces = await memory.spaces.list();
    expect(spaces.filter(({ status }) => status !== 'retired').map(({ fill }) => fill)).toEqual([
      { total: 3, done: 3, failed: 0, failures: [] },
      { total: 3, done: 3, failed: 0, failures: [] },
    ]);
    expect(new Set(after.embedded)).toEqual(new Set(before.embedded));
  });
});

describe('a fill', () => {
  it('serves a small workspace beside a large one, and not behind it', async () => {
    await storeTopics();
    const small = await newWorkspace(clients);
    await store(small, 't1 small one', 't2 small two');
    await memory.spaces.create(after.space);
    await fillAll();
    expect(after.embedded).toHaveLength(topics.length * perTopic + 2);
    expect(
      Math.max(...['t1 small one', 't2 small two'].map((text) => after.embedded.indexOf(text))),
    ).toBeLessThan(34);
  });

  it('goes on where a worker died, and fills nothing twice', async () => {
    await storeTopics();
    const { id } = await memory.spaces.create(after.space);
    await memory.fill.run(1);
    const begun = after.embedded.length;
    const turn = await clients.database.asSystem((scope) => memory.part(FillRepository).take(scope));
    expect(turn).toMatchObject({ workspaceId: workspace, spaceId: id });
    // The worker that holds the turn is dead; nobody takes it from him before its lease lapses.
    await fillAll();
    expect(after.embedded).toHaveLength(begun);
    await sql(`UPDATE embedding_fills SET not_before = now() WHERE space_id = $1`, [id]);
    await Promise.all([fillAll(), fillAll()]);
    expect(after.embedded).toHaveLength(topics.length * perTopic);
    expect(await memory.spaces.get(id)).toMatchObject({ filling: false, fill: { done: 144, total: 144 } });
  });

  it('gives up a text that cannot be embedded, and says why', async () => {
    await store(workspace, 't1 fine', 't1 poison', 't2 fine');
    after.poison = 'poison';
    const { id } = await memory.spaces.create(after.space);
    await fillAll();
    expect(await memory.spaces.get(id)).toMatchObject({
      filling: false,
      fill: {
        total: 3,
        done: 2,
        failed: 1,
        failures: [{ reason: 'The test embedder is away', count: 1 }],
      },
    });
  });

  it('waits for an embedder that is away, and the space is not read meanwhile', async () => {
    const { id } = await memory.spaces.create(after.space);
    await memory.spaces.activate(id);
    await memory.spaces.activate(await idOf(before));
    await store(workspace, 't1 one', 't2 two');
    after.down = true;
    expect(await memory.fill.run()).toBe(0);
    await memory.spaces.activate(id);
    expect(await ask(memory, 1)).toMatchObject({ space: embeddingSpaceKey(before.space), degraded: [] });
    after.down = false;
    await sql(`UPDATE embedding_fills SET not_before = now()`);
    await fillAll();
    expect(await ask(memory, 1)).toMatchObject({ space: embeddingSpaceKey(after.space), degraded: [] });
  });

  it('does not put the old text’s vector on a text that changed meanwhile', async () => {
    const [id = ''] = await store(workspace, 't1 old words');
    const space = await memory.spaces.create(after.space);
    let release = () => {};
    after.hold = new Promise((resolve) => (release = resolve));
    const filling = memory.fill.run();
    await until(async () => (await sql(`SELECT 1 FROM embedding_fills WHERE not_before > now()`)).length > 0);
    await memory.items.update(workspace, id, { content: 't2 new words' });
    release();
    await filling;
    await memory.work();
    await fillAll();
    await memory.spaces.activate(space.id);
    expect(after.embedded.at(-1)).toBe('t2 new words');
    const [vector] = await after.embed(['t2 new words'], 'query');
    const similar = await sql<{ content: string; similarity: number }>(
      `SELECT content, similarity FROM context_search($1, $2::vector)`,
      [workspace, JSON.stringify([...(vector ?? [])])],
    );
    expect(similar).toHaveLength(1);
    expect(similar[0]?.similarity).toBeCloseTo(1, 5);
  });
});

describe('a space whose embedder is away', () => {
  it('is stood in for by a local one that is filled, then by words, each time saying so', async () => {
    const local = new TopicEmbedder(32, 0.5, 'local');
    memory = await memoryOn(clients, before, [local]);
    await store(workspace, 't1 zebra', 't2 quokka', 't3 heron');
    before.down = true;
    expect(await ask(memory, 1)).toMatchObject({ space: null, degraded: ['dense'], found: 0 });
    const { id } = await memory.spaces.create(local.space);
    expect(await ask(memory, 1)).toMatchObject({ space: null, degraded: ['dense'] });
    await fillAll();
    // A process goes by what it knows for a second.
    await until(async () => (await ask(memory, 1)).space !== null, 2_000);
    const { items, degraded } = await memory.recall.recall(workspace, { query: 'q2' });
    expect({ first: items[0]?.content, degraded }).toEqual({
      first: 't2 quokka',
      degraded: ['dense_fallback'],
    });
    local.down = true;
    const { items: byWords } = await memory.recall.recall(workspace, { query: 'quokka' });
    expect(byWords.map(({ content }) => content)).toEqual(['t2 quokka']);
    before.down = false;
    expect(await ask(memory, 1)).toMatchObject({ space: embeddingSpaceKey(before.space), degraded: [] });
    expect((await memory.spaces.get(id)).status).toBe('standby');
  });
});

describe('a space that is removed', () => {
  it('goes with its vectors, and the active one moves into the rows', async () => {
    await storeTopics();
    const old = await idOf(before);
    const { id } = await memory.spaces.create(after.space);
    await expect(memory.spaces.retire(old)).rejects.toMatchObject({ code: 'embedding_space_in_use' });
    await fillAll();
    await memory.spaces.activate(id);
    const recalls = async () => (await askAll(memory)).map(({ recall, space }) => ({ recall, space }));
    const answers = await recalls();
    await memory.spaces.retire(old);
    await expect(memory.spaces.activate(old)).rejects.toMatchObject({ code: 'embedding_space_retired' });
    expect(await recalls()).toEqual(answers);
    const retiredAgo = (ago: string) =>
      sql(`UPDATE embedding_spaces SET retired_at = now() - $2::interval WHERE id = $1`, [old, ago]);
    // Some process may read it still.
    await retiredAgo('-1 minute');
    await memory.sweep.sweep();
    expect(await memory.spaces.get(old)).toMatchObject({ status: 'retired', fill: { done: 144 } });
    await retiredAgo('1 minute');
    await memory.sweep.sweep();
    await expect(memory.spaces.get(old)).rejects.toMatchObject({ httpStatus: 404 });
    expect(await recalls()).toEqual(answers);
    expect(await sql(`SELECT DISTINCT embedding_space_id AS id FROM context_items`)).toEqual([{ id }]);
    expect(await sql(`SELECT FROM context_vectors`)).toEqual([]);
    // By hand, as operators ask.
    const [vector] = await after.embed(['t3 text number x301'], 'query');
    const [nearest] = await sql<{ content: string }>(
      `SELECT content FROM context_items WHERE workspace_id = $1 ORDER BY embedding <=> $2::vector LIMIT 1`,
      [workspace, JSON.stringify([...(vector ?? [])])],
    );
    expect(nearest?.content).toBe('t3 text number x301');
  });
});
