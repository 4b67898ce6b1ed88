import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { newId } from '#common';
import { AppConfig } from '#config';
import { Ledger, UsageEventRepository, UsageReportRepository, UsageRetention } from '#usage';
import { connectStores, silentLogger, type StoreClients } from './store-clients.js';
import { usageEvent } from './usage-event.factory.js';

/** Times that no other spec writes in: what is older than these is nobody's. */
const now = new Date('2019-12-15T12:00:00Z');
const times = [
  '2019-06-30T23:30:00Z',
  '2019-08-31T23:59:59.999Z',
  '2019-09-01T00:00:00Z',
  '2019-12-01T00:00:00Z',
];
const workspaceId = newId();
let clients: StoreClients;

beforeAll(async () => {
  clients = await connectStores();
});
afterAll(() => clients.close());

const write = (createdAt: string[]) =>
  new Ledger(clients.database, new UsageEventRepository(), clients.logger).write(
    createdAt.map((createdAt) => usageEvent({ workspaceId, createdAt })),
  );

async function retention(months: number) {
  const config = new AppConfig({
    DATABASE_URL: clients.config.database.DATABASE_URL,
    REDIS_URL: clients.config.redis.REDIS_URL,
    API_KEY_PEPPER: clients.config.auth.API_KEY_PEPPER,
    ADMIN_API_KEY: clients.config.auth.ADMIN_API_KEY,
    USAGE_RETENTION_MONTHS: String(months),
  });
  const logger = silentLogger();
  const log = vi.spyOn(logger, 'info');
  await new UsageRetention(config, clients.database, new UsageEventRepository(), logger).dropExpired(now);
  return log.mock.calls.map(([fields]) => fields);
}

const kept = async () =>
  (
    await clients.dataSource.query<{ created_at: Date }[]>(
      'SELECT created_at FROM usage_events WHERE workspace_id = $1 ORDER BY created_at',
      [workspaceId],
    )
  ).map(({ created_at }) => created_at);

describe('UsageRetention', () => {
  it('drops months that are wholly older, says so, and leaves their sums', async () => {
    await write(times);
    expect(await retention(0)).toEqual([]);
    expect(await retention(6)).toEqual([]);
    expect(await kept()).toHaveLength(4);
    const before = '2019-09-01T00:00:00.000Z';
    expect(await retention(3)).toEqual([
      { partition: 'usage_events_2019_06', before },
      { partition: 'usage_events_2019_08', before },
    ]);
    expect(await kept()).toEqual(times.slice(2).map((time) => new Date(time)));
    const report = await clients.database.inWorkspace(workspaceId, (scope) =>
      new UsageReportRepository().totals(scope, {
        start: new Date('2019-06-01T00:00:00Z'),
        end: new Date('2020-01-01T00:00:00Z'),
        now: new Date(),
        groups: ['month'],
        limit: 10,
        cursor: null,
      }),
    );
    expect(report.data.map(({ startTime, requests }) => [startTime.getUTCMonth() + 1, requests])).toEqual([
      [6, 1],
      [8, 1],
      [9, 1],
      [12, 1],
    ]);
  });

  it('takes a late event of a dropped month, and drops it again', async () => {
    await write(['2019-06-15T00:00:00Z']);
    expect(await kept()).toContainEqual(new Date('2019-06-15T00:00:00Z'));
    expect(await retention(3)).toHaveLength(1);
    expect(await kept()).not.toContainEqual(new Date('2019-06-15T00:00:00Z'));
  });

  // On the embedded store there is one session, so nobody to wait for.
  it.skipIf(inject('stores') === 'embedded')(
    'gives up soon while the month is read, and holds nobody up',
    async () => {
      await write(['2019-05-15T00:00:00Z']);
      const reader = clients.dataSource.createQueryRunner();
      await reader.startTransaction();
      await reader.query('SELECT count(*) FROM usage_events');
      await expect(retention(3)).rejects.toThrow('lock timeout');
      await write([times[3] ?? '']);
      await reader.commitTransaction();
      await reader.release();
      expect(await retention(3)).toMatchObject([{ partition: 'usage_events_2019_05' }]);
    },
  );
});
