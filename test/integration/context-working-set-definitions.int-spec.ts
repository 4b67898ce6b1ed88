import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '#common';
import type { NewWorkingSet } from '#context-memory';
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

const idsOf = async (...contents: string[]): Promise<string[]> => {
  const { items } = await memory.ingest.ingest(
    workspace,
    contents.map((content) => note(content)),
  );
  return items.map(({ id }) => id);
};
const create = (set: Partial<NewWorkingSet> = {}) =>
  memory.workingSets.create(workspace, { name: 'support', ...set });
const get = () => memory.workingSets.get(workspace, 'support');

describe('the definition of a working set', () => {
  it('is found by id and by name, listed, changed as a new version, and deleted with its items kept', async () => {
    const [id = ''] = await idsOf('Refunds take thirty days.');
    const made = await create({ pinnedItems: [id], queries: [{ query: 'refunds', topK: 3 }], session: 's' });
    expect(made).toMatchObject({
      name: 'support',
      session: 's',
      lastTurns: 10,
      tokenBudget: expect.any(Number),
    });
    expect(await memory.workingSets.get(workspace, made.id)).toEqual(await get());
    expect((await memory.workingSets.list(workspace, 9)).data).toEqual([await get()]);
    const changed = await memory.workingSets.update(workspace, made.id, { name: 'help', session: null });
    expect(changed).toMatchObject({ name: 'help', session: null, lastTurns: null, pinnedItems: [id] });
    expect(changed.version).toBe(made.version + 1);
    await memory.workingSets.delete(workspace, 'help');
    await expect(memory.workingSets.get(workspace, 'help')).rejects.toMatchObject({ httpStatus: 404 });
    expect(await memory.items.get(workspace, id)).toMatchObject({ id });
  });

  it('has a name that no other set of the workspace has', async () => {
    await create();
    const taken = { httpStatus: 409, param: 'name' };
    await expect(create()).rejects.toMatchObject(taken);
    await create({ name: 'other' });
    await expect(memory.workingSets.update(workspace, 'other', { name: 'support' })).rejects.toMatchObject(
      taken,
    );
    workspace = await newWorkspace(clients);
    await create();
  });

  it.each<[Partial<NewWorkingSet>, string]>([
    [{ name: 'with space' }, 'name'],
    [{ name: newId() }, 'name'],
    [{ pinnedItems: ['x'] }, 'pinned_items[0]'],
    [{ pinnedItems: [newId()] }, 'pinned_items[0]'],
    [{ queries: [{ query: 'x' }, { query: ' ' }] }, 'queries[1].query'],
    [{ queries: [{ query: 'x', filter: { a: { like: 1 } } }] }, 'queries[0].filter.a.like'],
    [{ queries: [{ query: 'x', topK: 21 }] }, 'queries[0].top_k'],
    [{ queries: [{ query: 'x', session: '\0' }] }, 'queries[0].session'],
    [{ queries: Array.from({ length: 6 }, () => ({ query: 'x' })) }, 'queries'],
    [{ lastTurns: 3 }, 'last_turns'],
    [{ session: 's', lastTurns: 51 }, 'last_turns'],
    [{ tokenBudget: 0 }, 'token_budget'],
    [{ summary: { model: ' ', maxTokens: 9 } }, 'summary.model'],
    [{ summary: { model: 'm', maxTokens: 0 } }, 'summary.max_tokens'],
    [{ tokenBudget: 90, summary: { model: 'm', maxTokens: 90 } }, 'summary.max_tokens'],
  ])('refuses %j', async (set, param) => {
    await expect(create(set)).rejects.toMatchObject({ httpStatus: 400, param });
    expect((await memory.workingSets.list(workspace, 9)).data).toEqual([]);
  });

  it('may keep a pin whose item is gone, and get no new one that is', async () => {
    const [kept = '', gone = ''] = await idsOf('kept', 'gone');
    await create({ pinnedItems: [gone] });
    await memory.items.delete(workspace, gone);
    const update = (pinnedItems: string[]) =>
      memory.workingSets.update(workspace, 'support', { pinnedItems });
    await expect(update([kept, newId()])).rejects.toMatchObject({ param: 'pinned_items[1]' });
    expect(await update([kept, gone])).toMatchObject({ pinnedItems: [kept, gone] });
    const { packed, dropped } = await memory.workingSets.render(workspace, await get());
    expect(packed.map(({ id }) => id)).toEqual([kept]);
    expect(dropped).toMatchObject([{ id: gone, reason: 'deleted' }]);
  });
});
