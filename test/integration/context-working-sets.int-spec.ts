import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NewWorkingSet, WorkingSet } from '#context-memory';
import { memoryOn, type Memory, newWorkspace, note, WordEmbedder } from './context-memory.harness.js';
import { connectStores, type StoreClients } from './store-clients.js';

let clients: StoreClients;
let memory: Memory;
let embedder: WordEmbedder;
let workspace: string;
beforeAll(async () => {
  clients = await connectStores();
  embedder = new WordEmbedder();
  memory = await memoryOn(clients, embedder);
});
beforeEach(async () => {
  embedder.down = false;
  workspace = await newWorkspace(clients);
});
afterAll(() => clients.close());

const sql = <Row>(text: string, parameters: unknown[] = []) =>
  clients.database.asSystem((scope) => scope.query<Row>(text, parameters));
const idsOf = async (...posts: Parameters<typeof note>[]): Promise<string[]> => {
  const { items } = await memory.ingest.ingest(
    workspace,
    posts.map((post) => note(...post)),
  );
  await memory.work();
  return items.map(({ id }) => id);
};
const create = (set: Partial<NewWorkingSet> = {}) =>
  memory.workingSets.create(workspace, { name: 'support', ...set });
const get = () => memory.workingSets.get(workspace, 'support');
const render = async () => memory.workingSets.render(workspace, await get());
const packedIds = async () => (await render()).packed.map(({ id }) => id);
const dropped = async () => (await render()).dropped.map(({ id, reason }) => [id, reason]);
/** What the worker's clock and its job do. */
const refresh = async () => {
  await memory.refresher.sweep();
  for (const id of memory.stale.splice(0)) await memory.refresher.refresh(id);
};
const notes = async () =>
  (await sql(`SELECT 1 FROM context_changes WHERE workspace_id = $1`, [workspace])).length;
const expire = (id: string) =>
  sql(`UPDATE context_items SET expires_at = now() - interval '1 second' WHERE id = $1`, [id]);

describe('a block', () => {
  it('has pins, turns and what the queries find, each once, and the parts of a document', async () => {
    const sentences = Array.from({ length: 120 }, (_, i) => `The guide says in line ${i} how it is. `);
    const [doc = '', found = '', both = '', other = ''] = await idsOf(
      [`# Guide\n\n${sentences.join('')}`, { asDocument: true, format: 'markdown' }],
      ['Refunds take thirty days.'],
      ['A refund needs the receipt.', { kind: 'turn', session: 's' }],
      ['Somebody else talks.', { kind: 'turn', session: 'elsewhere' }],
    );
    const queries = [
      { query: 'refunds', topK: 1 },
      { query: 'refund receipt', session: 's' },
    ];
    await create({ pinnedItems: [doc], queries, session: 's', tokenBudget: 4_000 });
    const { packed, block } = await render();
    const wanted = packed.map(({ id, wantedBy, part }) => [id, wantedBy, part?.position]);
    const parts = packed.flatMap(({ id, part }) => (id === doc && part ? part.position : []));
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.toSorted((a, b) => a - b)).toEqual(parts.map((_, i) => i));
    expect(wanted).toContainEqual([both, 'session', undefined]);
    expect(wanted).toContainEqual([found, 'query', undefined]);
    expect(packed.filter(({ id }) => id === both)).toHaveLength(1);
    expect(packed.map(({ id }) => id)).not.toContain(other);
    expect(block.text).toContain('Refunds take thirty days.');
  });

  it('takes the last turns of the session, no more', async () => {
    const turns = await idsOf(
      ...Array.from({ length: 5 }, (_, i): Parameters<typeof note> => [
        `turn ${i}`,
        { kind: 'turn', session: 's' },
      ]),
    );
    await create({ session: 's', lastTurns: 2 });
    expect((await packedIds()).toSorted()).toEqual(turns.slice(3).toSorted());
    const [late = ''] = await idsOf(['turn 5', { kind: 'turn', session: 's' }]);
    expect((await packedIds()).toSorted()).toEqual([...turns.slice(4), late].toSorted());
  });

  it('reads no more than can matter: what is beyond is told, not read', async () => {
    const pins = await idsOf(
      ...Array.from({ length: 12 }, (_, i): Parameters<typeof note> => [
        `pin ${i}: ${'words of it '.repeat(30)}`,
      ]),
    );
    const [found = ''] = await idsOf(['Refunds take thirty days.']);
    await create({ pinnedItems: pins, queries: [{ query: 'refunds', topK: 1 }], tokenBudget: 200 });
    const { packed, dropped: left } = await render();
    expect(packed.map(({ id }) => id)).toEqual([pins[0], found]);
    expect(left.map(({ id, reason, isBeyond }) => [id, reason, isBeyond])).toEqual(
      expect.arrayContaining([
        [pins[1], 'over_budget', false],
        [pins[11], 'over_budget', true],
      ]),
    );
    expect(left).toHaveLength(11);
  });

  it('is the same bytes while nothing changes, whoever asks again', async () => {
    await idsOf(['Refunds take thirty days.'], ['Refunds need a receipt.'], ['Refund of shipping: never.']);
    await create({ queries: [{ query: 'refunds' }], tokenBudget: 90 });
    await refresh();
    const before = await get();
    const { block } = await render();
    await memory.refresher.ask(workspace, before);
    expect(await render()).toMatchObject({ block });
    expect(await get()).toMatchObject({ version: before.version, refreshes: before.refreshes + 1 });
  });
});

describe('freshness', () => {
  it('follows each kind of change by the worker, and says that it is about to', async () => {
    const [first = ''] = await idsOf(['Refunds take thirty days.', { metadata: { team: 'a' } }]);
    await create({ queries: [{ query: 'refunds', filter: { team: 'a' } }] });
    await refresh();
    expect([await packedIds(), (await get()).isStale]).toEqual([[first], false]);
    const [second = ''] = await idsOf(['Refunds need a receipt.', { metadata: { team: 'a' } }]);
    expect([await packedIds(), (await get()).isStale]).toEqual([[first], true]);
    await refresh();
    expect([(await packedIds()).toSorted(), (await get()).isStale]).toEqual([
      [first, second].toSorted(),
      false,
    ]);
    const { version } = await get();
    await memory.items.update(workspace, first, { metadata: { team: 'b' } });
    await refresh();
    expect(await packedIds()).toEqual([second]);
    expect((await get()).version).toBe(version + 1);
  });

  it('finds by meaning as soon as an item is embedded', async () => {
    await create({ queries: [{ query: 'automobile' }] });
    await memory.ingest.ingest(workspace, [note('The car is red.')]);
    await refresh();
    expect(await packedIds()).toEqual([]);
    await memory.work();
    await refresh();
    expect((await render()).block.text).toContain('The car is red.');
  });

  it('shows a changed text at once, a deleted or expired one never again', async () => {
    const [changed = '', gone = '', stale = ''] = await idsOf(
      ['Refunds take thirty days.'],
      ['Refunds need a zebra.'],
      ['Refunds of an okapi.'],
    );
    await create({ pinnedItems: [gone], queries: [{ query: 'refunds' }] });
    await memory.items.update(workspace, changed, { content: 'Refunds take forty days.' });
    await memory.items.delete(workspace, gone);
    await expire(stale);
    const { block } = await render();
    expect(block.text).toContain('forty');
    expect(block.text).not.toMatch(/thirty|zebra|okapi/);
    expect(await dropped()).toEqual([
      [gone, 'deleted'],
      [stale, 'expired'],
    ]);
    await memory.sweep.sweep();
    await refresh();
    expect(await dropped()).toEqual([[gone, 'deleted']]);
  });

  it('is not lost when a job is, when Redis is, or when the embedder is away', async () => {
    await create({ queries: [{ query: 'refunds' }] });
    await refresh();
    const [id = ''] = await idsOf(['Refunds take thirty days.']);
    await memory.refresher.sweep();
    expect(memory.stale.splice(0)).toContain(workspace);
    await memory.refresher.sweep();
    expect(memory.stale).not.toContain(workspace);
    const later = () =>
      sql(`UPDATE context_changes SET queued_at = now() - interval '16 seconds' WHERE workspace_id = $1`, [
        workspace,
      ]);
    await later();
    embedder.down = true;
    await refresh();
    expect([await packedIds(), (await get()).isStale]).toEqual([[id], true]);
    expect(await notes()).toBe(1);
    embedder.down = false;
    await later();
    await refresh();
    expect((await get()).isStale).toBe(false);
  });

  it('keeps one of two refreshes at once, and nothing of one that a change outran', async () => {
    await idsOf(['Refunds take thirty days.']);
    await create({ queries: [{ query: 'refunds' }] });
    const set = await get();
    const outcomes = await Promise.all([1, 2].map(() => memory.refresher.ask(workspace, set)));
    expect(outcomes.filter(Boolean)).toEqual([true]);
    const old: WorkingSet = await get();
    await memory.workingSets.update(workspace, 'support', { queries: [{ query: 'nothing of the kind' }] });
    const { found } = await get();
    expect(await memory.refresher.ask(workspace, old)).toBe(false);
    expect((await get()).found).toEqual(found);
  });

  it('loses none of the changes that are made while it is refreshed, by many workers at once', async () => {
    await create({ queries: [{ query: 'refunds', topK: 20 }] });
    const ids: string[] = [];
    const change = async (i: number) => {
      const { items } = await memory.ingest.ingest(workspace, [note(`Refunds, rule ${i}.`)]);
      ids.push(...items.map(({ id }) => id));
      await memory.refresher.refresh(workspace);
    };
    await Promise.all(Array.from({ length: 12 }, (_, i) => change(i)));
    // What was outrun is asked again in a while.
    await sql(`UPDATE context_changes SET queued_at = NULL WHERE workspace_id = $1`, [workspace]);
    await refresh();
    const { found, isStale } = await get();
    expect([found.map(({ id }) => id).toSorted(), isStale]).toEqual([ids.toSorted(), false]);
  });

  it('notes what a transaction changed until it is known, and nothing where no set asks', async () => {
    const [id = ''] = await idsOf(['one'], ['two'], ['three']);
    await create({ pinnedItems: [id] });
    await refresh();
    expect(await notes()).toBe(0);
    await create({ name: 'asking', queries: [{ query: 'one' }] });
    await refresh();
    expect(await notes()).toBe(0);
    await sql(`UPDATE context_items SET queued_at = now(), claimed_at = now() WHERE workspace_id = $1`, [
      workspace,
    ]);
    expect(await notes()).toBe(0);
    await sql(`UPDATE context_items SET importance = 0.9 WHERE workspace_id = $1`, [workspace]);
    expect(await notes()).toBe(1);
  });
});

describe('forgetting', () => {
  const forget = (request: object) => memory.forget.forget({ workspaceId: workspace, keyId: 'k' }, request);
  const everything = async () =>
    JSON.stringify(
      await sql(`SELECT to_jsonb(held)::text FROM context_working_sets AS held WHERE workspace_id = $1`, [
        workspace,
      ]),
    );

  it('takes the text of what is forgotten out of every block in the same moment', async () => {
    await idsOf(['The zebra is refunded.', { metadata: { person: 7 } }], ['Refunds take thirty days.']);
    await create({ queries: [{ query: 'refunds zebra' }] });
    expect((await render()).block.text).toContain('zebra');
    expect(await forget({ filter: { person: 7 } })).toMatchObject({
      counts: { items: 1, contextWorkingSets: 0 },
    });
    const { block } = await render();
    expect([block.text.includes('thirty'), block.text.includes('zebra')]).toEqual([true, false]);
  });

  it('of a session takes the sets of its turns, of all every set; a dry run and the certificate say how many', async () => {
    await create({ name: 'of-s', session: 's' });
    await create({ name: 'of-t', session: 't', queries: [{ query: 'the zebra of session t' }] });
    expect(await forget({ session: 's', createdBefore: new Date() })).toMatchObject({
      counts: { contextWorkingSets: 0 },
    });
    const preview = await memory.forget.preview(workspace, { session: 's' });
    expect(preview.counts).toMatchObject({ contextWorkingSets: 1 });
    expect((await forget({ session: 's' })).counts).toEqual(preview.counts);
    expect((await memory.workingSets.list(workspace, 9)).data).toMatchObject([{ name: 'of-t' }]);
    expect(await everything()).toContain('zebra');
    expect(await forget({ all: true })).toMatchObject({ counts: { contextWorkingSets: 1 } });
    expect(await everything()).toBe('[]');
  });
});

it('a workspace that is deleted takes its sets along', async () => {
  await idsOf(['one']);
  await create({ queries: [{ query: 'one' }] });
  await sql(`DELETE FROM workspaces WHERE id = $1`, [workspace]);
  await refresh();
  const left = await sql<{ n: number }>(
    `SELECT (SELECT count(*) FROM context_working_sets WHERE workspace_id = $1)::int
       + (SELECT count(*) FROM context_changes WHERE workspace_id = $1)::int AS n`,
    [workspace],
  );
  expect(left).toEqual([{ n: 0 }]);
});
