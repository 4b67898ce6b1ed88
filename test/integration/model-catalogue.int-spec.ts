import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { metrics } from '#observability';
import { type Simulator, startSimulator } from '#testing';
import type { ModelCatalogue } from '#llm-proxy';
import { ModelRepository } from '../../libs/llm-proxy/src/catalogue/model.repository.js';
import { catalogueProcess, model } from './catalogue.harness.js';
import { connectStores, FailingDatabase, type StoreClients } from './store-clients.js';

const many = (count: number) => Array.from({ length: count }, (_, i) => model(`many/m${i}`));

let clients: StoreClients;
let simulator: Simulator;
let other: Simulator;
let database: FailingDatabase;
let skewMs: number;

beforeAll(async () => {
  clients = await connectStores();
  [simulator, other] = await Promise.all([startSimulator(), startSimulator()]);
});
afterAll(async () => {
  await Promise.all([simulator?.close(), other?.close()]);
  await clients?.close();
});

beforeEach(async () => {
  await clients.dataSource.query('TRUNCATE models, model_catalogue');
  database = new FailingDatabase(clients.dataSource);
  skewMs = 0;
  const { now } = Date;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + skewMs);
});
afterEach(() => {
  vi.restoreAllMocks();
  simulator.reset();
});

/** One process's parts, against one upstream. */
const processOf = (upstream: Simulator) => catalogueProcess(upstream, database, clients.logger);

const rows = () =>
  clients.dataSource.query<{ id: string; vanished: boolean }[]>(
    `SELECT id, vanished_at IS NOT NULL AS vanished FROM models ORDER BY position, id`,
  );
const listedRows = async () => (await rows()).filter(({ vanished }) => !vanished).map(({ id }) => id);
const ids = async (catalogue: ModelCatalogue) => (await catalogue.list()).map(({ id }) => id);
const refused = async () =>
  (await metrics.models.syncs.get()).values.find(({ labels }) => labels.outcome === 'refused')?.value ?? 0;
const listCalls = () => simulator.ledger.calls(({ endpoint }) => endpoint === 'models').length;

describe('ModelSync', () => {
  it('stores the list in its order, prices digit for digit', async () => {
    simulator.offer([model('b/two'), model('a/one:free', { contextLength: 4_096 })]);
    await processOf(simulator).sync.sync();
    expect(await listedRows()).toEqual(['b/two', 'a/one:free']);
    const [row] = await clients.dataSource.query<object[]>(`SELECT * FROM models WHERE id = 'a/one:free'`);
    expect(row).toMatchObject({
      name: 'Model a/one:free',
      vendor: 'a',
      context_length: 4_096,
      max_completion_tokens: 500,
      pricing: { prompt: '0.000000123456789012', completion: '0.0000015' },
      supported_parameters: expect.arrayContaining(['tools', 'seed']),
      input_modalities: ['text'],
      output_modalities: ['text'],
      entry: expect.objectContaining({ canonical_slug: 'a/one:free' }),
      seen_at: expect.any(Date),
      vanished_at: null,
    });
  });

  it('marks what vanished, takes it back when it returns, and forgets it after a season', async () => {
    const { sync } = processOf(simulator);
    simulator.offer([model('a/stays'), model('a/goes'), model('a/old')]);
    await sync.sync();
    simulator.offer([model('a/stays')]);
    await sync.sync();
    expect(await rows()).toEqual([
      { id: 'a/stays', vanished: false },
      { id: 'a/goes', vanished: true },
      { id: 'a/old', vanished: true },
    ]);
    await clients.dataSource.query(
      `UPDATE models SET vanished_at = now() - interval '91 days' WHERE id = 'a/old'`,
    );
    simulator.offer([model('a/stays'), model('a/goes')]);
    await sync.sync();
    expect(await rows()).toEqual([
      { id: 'a/stays', vanished: false },
      { id: 'a/goes', vanished: false },
    ]);
  });

  it.each(['garbage', 'truncated', 'none'] as const)('keeps the list when the answer is %s', async (body) => {
    const { sync } = processOf(simulator);
    simulator.offer(many(3));
    await sync.sync();
    simulator.faults.set({ endpoint: 'models', body });
    await expect(sync.sync()).rejects.toMatchObject({ httpStatus: 502 });
    expect(await listedRows()).toHaveLength(3);
  });

  it('keeps the list when the next is empty, however long that lasts', async () => {
    const { sync } = processOf(simulator);
    simulator.offer(many(3));
    await sync.sync();
    await clients.dataSource.query(`UPDATE model_catalogue SET synced_at = now() - interval '30 days'`);
    simulator.offer([]);
    await sync.sync();
    expect(await listedRows()).toHaveLength(3);
  });

  it('keeps the list when the next has lost most of it, until that has lasted a day', async () => {
    const { sync } = processOf(simulator);
    simulator.offer(many(40));
    await sync.sync();
    simulator.offer(many(19));
    const before = await refused();
    await sync.sync();
    expect(await refused()).toBe(before + 1);
    expect(await listedRows()).toHaveLength(40);
    await clients.dataSource.query(`UPDATE model_catalogue SET synced_at = now() - interval '25 hours'`);
    await sync.sync();
    expect(await listedRows()).toHaveLength(19);
  });

  it('takes another upstream’s list whole, and leaves nothing of the first', async () => {
    simulator.offer(many(40));
    await processOf(simulator).sync.sync();
    other.offer([model('own/llm')]);
    await processOf(other).sync.sync();
    expect(await rows()).toEqual([{ id: 'own/llm', vanished: false }]);
  });

  it('does not mind company', async () => {
    simulator.offer(many(30));
    const { sync } = processOf(simulator);
    await Promise.all([sync.sync(), sync.sync(), sync.sync()]);
    expect(await listedRows()).toHaveLength(30);
  });
});

describe('ModelCatalogue', () => {
  it('loads what the worker stored, asks the upstream nothing, and hears of news', async () => {
    const { sync, catalogue } = processOf(simulator);
    simulator.offer([model('a/one'), model('a/two')]);
    await sync.sync();
    simulator.reset();
    expect(await ids(catalogue)).toEqual(['a/one', 'a/two']);
    expect(listCalls()).toBe(0);
    simulator.offer([model('a/two', { contextLength: 9_000 }), model('a/three')]);
    await sync.sync();
    expect(catalogue.find('a/two')?.contextLength).toBe(8_000);
    await catalogue.refresh();
    expect(await ids(catalogue)).toEqual(['a/two', 'a/three']);
    expect(catalogue.find('a/two')).toMatchObject({
      contextLength: 9_000,
      vendor: 'a',
      pricing: { prompt: '0.000000123456789012' },
    });
    expect(catalogue.find('a/one')?.pricing).toMatchObject({ completion: '0.0000015' });
    await expect(catalogue.get('a/one')).rejects.toMatchObject({ httpStatus: 404, code: 'model_not_found' });
    expect(await catalogue.get('a/three')).toMatchObject({ id: 'a/three', object: 'model', owned_by: 'a' });
  });

  it('reads a stored list once for one version', async () => {
    const { sync, catalogue } = processOf(simulator);
    simulator.offer(many(3));
    await sync.sync();
    const list = vi.spyOn(ModelRepository.prototype, 'list');
    for (let i = 0; i < 5; i += 1) await catalogue.refresh();
    expect(list).toHaveBeenCalledOnce();
  });

  it('fetches by itself, once for all who ask, when nothing is stored', async () => {
    const { catalogue } = processOf(simulator);
    simulator.offer(many(3));
    expect(catalogue.find('many/m0')).toBeUndefined();
    const lists = await Promise.all([catalogue.list(), catalogue.list(), catalogue.list()]);
    expect(lists.map((list) => list.length)).toEqual([3, 3, 3]);
    expect(listCalls()).toBe(1);
    expect(await rows()).toEqual([]);
  });

  it('does not take another upstream’s list for its own', async () => {
    other.offer([model('own/llm')]);
    await processOf(other).sync.sync();
    simulator.offer([model('a/one')]);
    expect(await ids(processOf(simulator).catalogue)).toEqual(['a/one']);
  });

  it('fetches by itself when the stored list has grown old, and goes back to it when it is new', async () => {
    const { sync, catalogue } = processOf(simulator);
    simulator.offer([model('a/one')]);
    await sync.sync();
    await catalogue.refresh();
    simulator.reset();
    skewMs = 100_000;
    await catalogue.refresh();
    expect(listCalls()).toBe(0);
    skewMs = 130_000;
    simulator.offer([model('a/two')]);
    await catalogue.refresh();
    expect(await ids(catalogue)).toEqual(['a/two']);
    simulator.offer([model('a/three')]);
    await sync.sync();
    await catalogue.refresh();
    expect(await ids(catalogue)).toEqual(['a/three']);
  });

  it('needs no database', async () => {
    const { catalogue } = processOf(simulator);
    database.away = true;
    simulator.offer([model('a/one')]);
    expect(await ids(catalogue)).toEqual(['a/one']);
  });

  it.each([
    ['fails', () => simulator.faults.set({ endpoint: 'models', error: { code: 500, message: 'x' } })],
    ['is empty', () => simulator.offer([])],
    ['has lost most', () => simulator.offer(many(3))],
  ])('keeps a good list when the next %s, and does not hammer the upstream', async (_name, spoil) => {
    const { catalogue } = processOf(simulator);
    simulator.offer(many(30));
    await catalogue.list();
    simulator.reset();
    spoil();
    skewMs = 130_000;
    for (let i = 0; i < 5; i += 1) await catalogue.refresh();
    expect(listCalls()).toBe(1);
    expect(await ids(catalogue)).toHaveLength(30);
    skewMs = 200_000;
    simulator.faults.clear();
    simulator.offer([...many(30), model('a/new')]);
    await catalogue.refresh();
    expect(await ids(catalogue)).toHaveLength(31);
  });

  it('says so when there never was a list, and asks again', async () => {
    const { catalogue } = processOf(simulator);
    simulator.offer(many(3));
    simulator.faults.set({ endpoint: 'models', error: { code: 500, message: 'x' }, times: 1 });
    await expect(catalogue.list()).rejects.toMatchObject({ httpStatus: 502 });
    expect(await ids(catalogue)).toHaveLength(3);
  });
});
