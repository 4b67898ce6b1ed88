import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RoutingTarget } from '#auth';
import { newId, systemClock } from '#common';
import { authOf, inherited, inheritedByAll } from './auth.harness.js';
import { connectStores, type StoreClients, until } from './store-clients.js';

let clients: [StoreClients, StoreClients];
let here: ReturnType<typeof authOf>;
let there: ReturnType<typeof authOf>;
let workspaceId: string;
let key: string;

beforeAll(async () => {
  clients = await Promise.all([connectStores(), connectStores()]);
});
afterAll(() => Promise.all(clients.map((each) => each.close())));

const newWorkspace = async () => (await here.workspaces.create({ name: 'team', ...inheritedByAll })).id;

beforeEach(async () => {
  [here, there] = [
    authOf(clients[0], clients[0].database, systemClock),
    authOf(clients[1], clients[1].database, systemClock),
  ];
  for (const { invalidation } of [here, there]) {
    invalidation.onModuleInit();
    await until(() => invalidation.hearingSince() !== undefined);
  }
  workspaceId = await newWorkspace();
  const made = await here.keys.create({
    workspaceId,
    name: 'key',
    scopes: ['chat'],
    allowedModels: null,
    ...inherited,
    expiresAt: null,
  });
  key = made.key;
});
afterEach(() => {
  here.invalidation.onModuleDestroy();
  there.invalidation.onModuleDestroy();
});

const targets = (...models: string[]): RoutingTarget[] => models.map((model) => ({ model, weight: null }));
const put = (name: string, ...models: string[]) =>
  here.models.put({ workspaceId, name, strategy: 'ordered', targets: targets(...models) });
const callerThere = () => there.authenticator.authenticate(key);

describe('VirtualModelService', () => {
  it('makes, makes anew, shows, lists and deletes', async () => {
    const first = await put('fast', 'a/b');
    expect(first).toMatchObject({ workspaceId, name: 'fast', strategy: 'ordered', targets: targets('a/b') });
    const weighted = [
      { model: 'a/b', weight: 9 },
      { model: 'c/d', weight: 1 },
    ];
    const second = await here.models.put({
      workspaceId,
      name: 'fast',
      strategy: 'weighted',
      targets: weighted,
    });
    expect(second).toMatchObject({ strategy: 'weighted', targets: weighted, createdAt: first.createdAt });
    for (const name of ['a/slash', 'Zed', 'alpha']) await put(name, 'x/y');
    expect(await here.models.get(workspaceId, 'a/slash')).toMatchObject({ name: 'a/slash' });
    const page = await here.models.list(workspaceId, 2, null);
    expect(page.data.map(({ name }) => name)).toEqual(['Zed', 'a/slash']);
    const rest = await here.models.list(workspaceId, 9, page.nextCursor);
    expect(rest.data.map(({ name }) => name)).toEqual(['alpha', 'fast']);
    await here.models.delete(workspaceId, 'fast');
    await expect(here.models.get(workspaceId, 'fast')).rejects.toMatchObject({ httpStatus: 404 });
  });

  it('says 404 for what is not there, whatever it looks like', async () => {
    for (const id of [newId(), 'nonsense', '\0']) {
      await expect(here.models.list(id, 1, null)).rejects.toMatchObject({ httpStatus: 404 });
      await expect(here.models.setDefault(id, 'a')).rejects.toMatchObject({ httpStatus: 404 });
    }
    for (const name of ['nothing', '\0', 'x'.repeat(5_000)]) {
      await expect(here.models.get(workspaceId, name)).rejects.toMatchObject({ httpStatus: 404 });
      await expect(here.models.delete(workspaceId, name)).rejects.toMatchObject({ httpStatus: 404 });
    }
  });

  it('lets no two make a chain side by side', async () => {
    for (let i = 0; i < 5; i += 1) {
      const made = await Promise.allSettled([put(`a${i}`, `b${i}`), put(`b${i}`, `c${i}`)]);
      expect(made.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    }
  });

  it('keeps the default model from being deleted', async () => {
    await put('fast', 'a/b');
    await here.models.setDefault(workspaceId, 'fast');
    expect(await here.workspaces.get(workspaceId)).toMatchObject({ defaultModel: 'fast' });
    await expect(here.models.delete(workspaceId, 'fast')).rejects.toMatchObject({
      httpStatus: 409,
      code: 'model_in_use',
    });
    await here.models.setDefault(workspaceId, null);
    await here.models.delete(workspaceId, 'fast');
  });

  it('reaches the callers of every process within two seconds, with a later version', async () => {
    const before = await callerThere();
    expect(before.models).toEqual({ default: null, virtual: new Map() });
    await put('fast', 'a/b', 'c/d');
    await here.models.setDefault(workspaceId, 'fast');
    await until(async () => (await callerThere()).models.default === 'fast', 2_000);
    const after = await callerThere();
    expect(after.models.virtual.get('fast')).toEqual({
      strategy: 'ordered',
      targets: targets('a/b', 'c/d'),
      createdAt: expect.any(Date),
    });
    expect(after.version > before.version).toBe(true);
    await here.models.setDefault(workspaceId, null);
    await here.models.delete(workspaceId, 'fast');
    await until(async () => (await callerThere()).models.virtual.size === 0, 2_000);
  });
});

describe('row-level security', () => {
  it('shows a workspace its own virtual models alone, and lets none of its statements change them', async () => {
    await put('fast', 'a/b');
    const stranger = await newWorkspace();
    const [, { database }] = clients;
    const seenBy = (id: string) =>
      database.inWorkspace(id, (scope) => scope.query(`SELECT name FROM virtual_models`));
    expect(await seenBy(workspaceId)).toEqual([{ name: 'fast' }]);
    expect(await seenBy(stranger)).toEqual([]);
    for (const statement of [
      `INSERT INTO virtual_models (workspace_id, name, strategy, targets)
       VALUES ('${workspaceId}', 'x', 'ordered', '[{"model": "a"}]')`,
      `UPDATE virtual_models SET name = 'x'`,
      `DELETE FROM virtual_models`,
      `SELECT default_model FROM workspaces`,
    ]) {
      await expect(database.inWorkspace(stranger, (scope) => scope.query(statement))).rejects.toThrow(
        'permission denied',
      );
    }
  });
});
