import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelCatalogue } from '#llm-proxy';
import { type Simulator, startSimulator } from '#testing';
import { catalogueProcess, model } from './catalogue.harness.js';
import { connectStores, FailingDatabase, type StoreClients } from './store-clients.js';

let clients: StoreClients;
let simulator: Simulator;
let database: FailingDatabase;

beforeAll(async () => {
  clients = await connectStores();
  simulator = await startSimulator();
});
afterAll(async () => {
  await simulator?.close();
  await clients?.close();
});

beforeEach(async () => {
  await clients.dataSource.query('TRUNCATE models, model_catalogue');
  database = new FailingDatabase(clients.dataSource);
});
afterEach(() => {
  vi.restoreAllMocks();
  simulator.reset();
});

const listedRows = async () =>
  (
    await clients.dataSource.query<{ id: string }[]>(
      `SELECT id FROM models WHERE vanished_at IS NULL ORDER BY position, id`,
    )
  ).map(({ id }) => id);
const ids = async (catalogue: ModelCatalogue) => (await catalogue.list()).map(({ id }) => id);

describe('models of embeddings', () => {
  const embeds = (count: number, from = 0) =>
    Array.from({ length: count }, (_, i) => model(`embed/e${from + i}`, { kind: 'embeddings' }));
  const prices = { pricing: { prompt: '0.000000123456789012' } };

  it('are known with their prices, and are not in the list', async () => {
    const { sync, catalogue } = catalogueProcess(simulator, database, clients.logger);
    simulator.offer([model('a/one'), ...embeds(2)]);
    await sync.sync();
    expect(await listedRows()).toEqual(['a/one', 'embed/e0', 'embed/e1']);
    expect(await ids(catalogue)).toEqual(['a/one']);
    expect(catalogue.find('embed/e1')).toMatchObject(prices);
    await expect(catalogue.get('embed/e1')).rejects.toMatchObject({ code: 'model_not_found' });
    simulator.offer([model('a/one'), ...embeds(1)]);
    await sync.sync();
    expect(await listedRows()).toEqual(['a/one', 'embed/e0']);
  });

  it.each<[string, () => void]>([
    ['fails', () => simulator.faults.set({ endpoint: 'embedding_models', error: { code: 500 } })],
    ['is garbage', () => simulator.faults.set({ endpoint: 'embedding_models', body: 'garbage' })],
    [
      'is one that the upstream does not have',
      () => simulator.faults.set({ endpoint: 'embedding_models', error: { code: 404 } }),
    ],
    ['is empty', () => undefined],
    ['has lost most', () => simulator.offer([model('a/two'), ...embeds(4)])],
  ])('stay as they are when their list %s, and the other list is believed', async (_name, spoil) => {
    const { sync, catalogue } = catalogueProcess(simulator, database, clients.logger);
    simulator.offer([model('a/one'), ...embeds(20)]);
    await sync.sync();
    simulator.offer([model('a/two')]);
    spoil();
    await sync.sync();
    expect((await listedRows()).filter((id) => id.startsWith('embed/'))).toHaveLength(20);
    expect(await ids(catalogue)).toEqual(['a/two']);
    expect(catalogue.find('embed/e19')).toMatchObject(prices);
  });

  it('are believed to have become few when that has lasted a day, however often the other list came', async () => {
    const { sync } = catalogueProcess(simulator, database, clients.logger);
    simulator.offer([model('a/one'), ...embeds(20)]);
    await sync.sync();
    await clients.dataSource.query(
      `UPDATE models SET seen_at = now() - interval '25 hours' WHERE id LIKE 'embed/%'`,
    );
    simulator.offer([model('a/one'), ...embeds(3)]);
    await sync.sync();
    expect(await listedRows()).toHaveLength(4);
  });

  it('never stand in the way of the first list, and are fetched where no worker does', async () => {
    const { sync, catalogue } = catalogueProcess(simulator, database, clients.logger);
    simulator.offer([model('a/one'), ...embeds(1)]);
    simulator.faults.set({ endpoint: 'embedding_models', error: { code: 500 }, times: 1 });
    await sync.sync();
    expect(await listedRows()).toEqual(['a/one']);
    await clients.dataSource.query('TRUNCATE models, model_catalogue');
    await catalogue.refresh();
    expect(catalogue.find('embed/e0')).toMatchObject(prices);
    simulator.faults.set({ endpoint: 'embedding_models', error: { code: 500 } });
    const { now } = Date;
    vi.spyOn(Date, 'now').mockImplementation(() => now() + 700_000);
    simulator.offer([model('a/two'), ...embeds(1)]);
    await catalogue.refresh();
    expect(await ids(catalogue)).toEqual(['a/two']);
    expect(catalogue.find('embed/e0')).toMatchObject(prices);
  });
});
