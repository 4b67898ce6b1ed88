import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecallHealthService, RecallProbeService } from '#context-memory';
import { RecallHealthRepository } from '../../libs/context-memory/src/health/recall-health.repository.js';
import {
  beginWith,
  memoryOn,
  type Memory,
  newWorkspace,
  note,
  WordEmbedder,
} from './context-memory.harness.js';
import { connectStores, type StoreClients } from './store-clients.js';

let clients: StoreClients;
let memory: Memory;
let embedder: WordEmbedder;

/** The space that the shipped calibration is for, with vectors whose cosines the tests choose by shared words. */
class CalibratedEmbedder extends WordEmbedder {
  override readonly space = { provider: 'local', model: 'gte-small-int8', dimensions: 384 };
}

beforeAll(async () => {
  clients = await connectStores();
  embedder = new CalibratedEmbedder();
  memory = await memoryOn(clients, embedder);
});
afterAll(() => clients.close());

const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });
const remember = async (workspaceId: string, session: string, ...turns: ReturnType<typeof user>[]) => {
  await memory.ingest.remember({ workspaceId, session, turns });
  await memory.work();
};
const itemsOf = (workspaceId: string, session: string) =>
  memory.items.list(workspaceId, { limit: 99, session });

describe('a conversation that is remembered', () => {
  it('holds each turn once, unchanged, however often its client sends it again', async () => {
    const workspace = await newWorkspace(clients);
    await remember(workspace, 's', user('My bicycle is turquoise.'), assistant('A fine colour.'));
    await Promise.all([
      remember(workspace, 's', user(' My  bicycle is turquoise.'), assistant('Noted.')),
      remember(workspace, 's', user('My bicycle is turquoise.'), assistant('Noted.')),
    ]);
    const { data } = await itemsOf(workspace, 's');
    expect(data.map(({ content, version }) => ({ content, version }))).toEqual(
      ['Noted.', 'A fine colour.', 'My bicycle is turquoise.'].map((content) => ({ content, version: 1 })),
    );
  });

  it('gives way to earlier sessions, however long it is', async () => {
    const workspace = await newWorkspace(clients);
    await remember(workspace, 'monday', user('The zebra is kept in paddock nine.'));
    // More turns about the zebra than recall looks at.
    const turns = Array.from({ length: 90 }, (_, i) =>
      user(`The zebra, the zebra: zebra remark number ${i}.`),
    );
    for (let i = 0; i < turns.length; i += 45) await remember(workspace, 'today', ...turns.slice(i, i + 45));
    const messages = [...turns, user('Where is the zebra?')];
    const result = await memory.recall.recall(workspace, { messages, topK: 3 });
    expect(result.items.map(({ content }) => content)).toEqual(['The zebra is kept in paddock nine.']);
    const reasons = result.explanation.candidates.map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason === 'in_conversation')).toHaveLength(90);
    // Its own words are no evidence that memory knows anything.
    const alone = await memory.recall.recall(workspace, { messages: turns, session: 'today' });
    expect(alone).toMatchObject({ items: [], explanation: { evidence: { similarity: null, words: 0 } } });
  });

  it('is the same block, byte for byte, while nothing changed, whatever the clock says', async () => {
    const workspace = await newWorkspace(clients);
    const old = (content: string, days: number) =>
      note(content, { createdAt: new Date(Date.now() - days * 86_400_000) });
    await memory.ingest.ingest(workspace, [
      old('alpha beta one', 1),
      old('alpha beta two', 40),
      old('alpha beta three', 400),
    ]);
    await memory.work();
    const ask = () => memory.recall.recall(workspace, { query: 'alpha beta', topK: 2 });
    const before = await ask();
    const repeats = await Promise.all(Array.from({ length: 5 }, ask));
    for (const { context, items } of repeats) {
      expect(context).toEqual(before.context);
      // A score that the clock had a part in would differ in its last digits.
      expect(items.map(({ score }) => score)).toEqual(before.items.map(({ score }) => score));
    }
  });
});

describe('nothing relevant', () => {
  it('finds nothing below what is asked for, says why, and finds it all by default', async () => {
    const workspace = await newWorkspace(clients);
    await memory.ingest.ingest(workspace, [note('alpha beta gamma'), note('delta epsilon zeta')]);
    await memory.work();
    const ask = (query: string, minRelevance?: number) =>
      memory.recall.recall(workspace, { query, minRelevance });
    const silent = await ask('omega psi chi', 0.3);
    expect(silent).toMatchObject({ items: [], context: { text: '', tokens: 0 }, packed: [] });
    expect(silent.relevance).toBeLessThan(0.3);
    expect(silent.explanation.candidates.map(({ decision, reason }) => ({ decision, reason }))).toEqual(
      Array.from({ length: 2 }, () => ({ decision: 'dropped', reason: 'not_relevant' })),
    );
    expect((await ask('omega psi chi')).items).toHaveLength(2);
    const known = await ask('alpha beta gamma', 0.3);
    expect(known.relevance).toBeGreaterThan(0.9);
    expect(known.items).not.toEqual([]);
  });

  it('is said by nobody who cannot tell: without vectors, or in another space', async () => {
    const workspace = await newWorkspace(clients);
    await memory.ingest.ingest(workspace, [note('alpha beta gamma')]);
    const ask = (of: Memory) => of.recall.recall(workspace, { query: 'gamma', minRelevance: 1 });
    embedder.down = true;
    expect(await ask(memory)).toMatchObject({
      relevance: undefined,
      items: [{ content: 'alpha beta gamma' }],
    });
    embedder.down = false;
    expect(await ask(await memoryOn(clients))).toMatchObject({
      relevance: undefined,
      items: [{ content: 'alpha beta gamma' }],
    });
    await beginWith(clients, embedder.space);
  });
});

describe('the health of recall', () => {
  it('is what came back of a sample, and falls when recall is broken', async () => {
    const workspace = await newWorkspace(clients);
    const health = () => memory.part(RecallHealthService).get(workspace);
    expect(await health()).toEqual({
      measurement: undefined,
      items: { withVectors: 0, withoutVectors: 0, pending: 0, failed: 0 },
    });
    const texts = Array.from({ length: 30 }, (_, i) =>
      note(`shelf ${i} holds crate ${i * 7} and extraordinaryword${i}`),
    );
    await memory.ingest.ingest(workspace, texts);
    expect((await health()).items).toEqual({ withVectors: 0, withoutVectors: 30, pending: 30, failed: 0 });
    await memory.work();
    const prober = memory.part(RecallProbeService);
    const good = await prober.probe(workspace);
    expect(good).toMatchObject({ asked: 20, topK: 10, degraded: [] });
    expect(good.found).toBeGreaterThanOrEqual(19);
    expect(await health()).toEqual({
      measurement: good,
      items: { withVectors: 30, withoutVectors: 0, pending: 0, failed: 0 },
    });
    // Vectors that are all one, and no words: what a broken model and a lost table of terms would leave.
    await clients.database.asSystem(async (scope) => {
      await scope.query(
        `UPDATE context_items SET embedding = (SELECT embedding FROM context_items WHERE workspace_id = $1 LIMIT 1) WHERE workspace_id = $1`,
        [workspace],
      );
      await scope.query(`DELETE FROM context_terms WHERE workspace_id = $1`, [workspace]);
    });
    const bad = await prober.probe(workspace);
    expect(bad.found).toBeLessThan(good.found);
    embedder.down = true;
    expect((await prober.probe(workspace)).degraded).toEqual(['dense']);
    embedder.down = false;
  });

  it('asks nothing of a workspace whose texts are too short to be asked for', async () => {
    const workspace = await newWorkspace(clients);
    await memory.ingest.ingest(workspace, [note('yes'), note('no')]);
    expect(await memory.part(RecallProbeService).probe(workspace)).toMatchObject({ asked: 0, found: 0 });
  });

  it('is probed for each workspace that holds something, one worker each, no oftener than asked for', async () => {
    const repository = memory.part(RecallHealthRepository);
    const take = () => clients.database.asSystem((scope) => repository.takeDue(scope, 3_600, 10_000));
    await take();
    const [empty, full] = [await newWorkspace(clients), await newWorkspace(clients)];
    await memory.ingest.ingest(full, [note('something to be found again')]);
    const taken = (await Promise.all([take(), take(), take()])).flat();
    expect(taken.filter((id) => id === full)).toHaveLength(1);
    expect(taken).not.toContain(empty);
    expect(await take()).not.toContain(full);
    await clients.database.asSystem((scope) =>
      scope.query(`UPDATE context_recall_health SET due_at = now() WHERE workspace_id = $1`, [full]),
    );
    await memory.part(RecallProbeService).probeDue();
    expect((await memory.part(RecallHealthService).get(full)).measurement).toMatchObject({
      asked: 1,
      found: 1,
    });
  });
});
