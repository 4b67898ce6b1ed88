import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '#common';
import { usageStream, type UsageEvent } from '#queues';
import {
  Ledger,
  UsageEventRepository,
  UsageRecorder,
  UsageReportRepository,
  UsageSpool,
  UsageStream,
  UsageWriter,
  type UsageGroup,
} from '#usage';
import { connectStores, FailingDatabase, silentLogger, type StoreClients, until } from './store-clients.js';
import { usageEvent } from './usage-event.factory.js';

const options = { blockMs: 50, claimAfterMs: 100, pauseMs: 20 };
let clients: StoreClients;
let database: FailingDatabase;
let ledger: Ledger;
const workspaceId = newId();

const eventOf = (change: Partial<UsageEvent> = {}) => usageEvent({ workspaceId, ...change });

const send = (...events: UsageEvent[]) =>
  Promise.all(events.map((event) => clients.redis.xadd(usageStream, '*', 'event', JSON.stringify(event))));
const rowsOf = async (...events: UsageEvent[]): Promise<number> =>
  (
    await clients.dataSource.query('SELECT 1 FROM usage_events WHERE id = ANY($1)', [
      events.map(({ id }) => id),
    ])
  ).length;

/** A writer on a connection of its own, as the worker runs it. */
async function withWriter(work: () => Promise<void>): Promise<void> {
  const connection = clients.subscriber.duplicate();
  const writer = new UsageWriter(new UsageStream(connection, newId()), ledger, clients.logger, options);
  writer.start();
  try {
    await work();
  } finally {
    await writer.stop();
    connection.disconnect();
  }
}

beforeAll(async () => {
  clients = await connectStores();
});
afterAll(() => clients.close());
beforeEach(async () => {
  await clients.redis.flushdb();
  database = new FailingDatabase(clients.dataSource);
  ledger = new Ledger(database, new UsageEventRepository(), clients.logger);
});

describe('UsageWriter', () => {
  it('carries events into the ledger and leaves the stream empty', async () => {
    const events = Array.from({ length: 1_200 }, () => eventOf());
    await send(...events);
    await withWriter(() => until(async () => (await clients.redis.xlen(usageStream)) === 0));
    expect(await rowsOf(...events)).toBe(1_200);
  });

  it('writes an event once although its writer was killed between the ledger and the stream', async () => {
    const events = [eventOf(), eventOf()];
    await send(...events);
    const killed = new UsageStream(clients.redis, 'killed');
    await killed.ensureGroup();
    expect(await killed.read(10, 100)).toHaveLength(2);
    await ledger.write(events);
    const late = eventOf();
    await send(late);
    await withWriter(() => until(async () => (await clients.redis.xlen(usageStream)) === 0));
    expect(await rowsOf(...events, late)).toBe(3);
    const [pending] = await clients.redis.xpending(usageStream, 'usage-writer');
    expect(pending).toBe(0);
  });

  it('goes on after the stream and its group were flushed away', async () => {
    await withWriter(async () => {
      const [before, after] = [eventOf(), eventOf()];
      await send(before);
      await until(async () => (await rowsOf(before)) === 1);
      await clients.redis.flushdb();
      await send(after);
      await until(async () => (await rowsOf(after)) === 1);
    });
  });

  it('waits for PostgreSQL and loses nothing', async () => {
    database.away = true;
    const event = eventOf();
    await withWriter(async () => {
      await send(event);
      await until(() => database.failures > 1);
      expect(await rowsOf(event)).toBe(0);
      database.away = false;
      await until(async () => (await rowsOf(event)) === 1);
    });
  });

  it('puts aside what cannot be written, and writes the rest', async () => {
    const good = eventOf({ model: 'nul\0 and \ud800', createdAt: '2029-02-03T04:05:06.000Z' });
    const tooBig = eventOf({ latencyMs: 1e15 });
    await clients.redis.xadd(usageStream, '*', 'event', '{broken');
    await send(good, tooBig);
    await withWriter(() => until(async () => (await clients.redis.xlen(usageStream)) === 0));
    expect(await rowsOf(good)).toBe(1);
    expect(await clients.redis.xlen(`${usageStream}:refused`)).toBe(2);
  });
});

describe('UsageRecorder', () => {
  it('keeps events on disk while PostgreSQL is away, and a later process writes them', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'spool-'));
    database.away = true;
    const events = [eventOf(), eventOf()];
    const dying = new UsageRecorder(ledger, new UsageSpool(directory, 1_000_000), clients.logger);
    await Promise.all(events.map((event) => dying.record(event)));
    expect((await readdir(directory)).length).toBeGreaterThan(0);

    database.away = false;
    const next = new UsageRecorder(ledger, new UsageSpool(directory, 1_000_000), clients.logger);
    next.onModuleInit();
    await until(async () => (await rowsOf(...events)) === 2);
    await until(async () => (await readdir(directory)).length === 0);
    await Promise.all(events.map((event) => next.record(event)));
    await next.onApplicationShutdown();
    expect(await rowsOf(...events)).toBe(2);
    await rm(directory, { recursive: true });
  });
});

describe('UsageRecorder with a full spool', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'spool-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const recorder = () => {
    const logger = silentLogger();
    const errors = vi.spyOn(logger, 'error');
    const said = () => errors.mock.calls.map(([, event]) => event);
    return { recorder: new UsageRecorder(ledger, new UsageSpool(directory, 700), logger), said };
  };

  it('holds in memory what does not fit, says so, and loses nothing', async () => {
    const { recorder: held, said } = recorder();
    database.away = true;
    const events = [eventOf(), eventOf(), eventOf()];
    for (const event of events) await held.record(event);
    expect(await readdir(directory)).toHaveLength(1);
    expect(said()).toContain('usage_spool_failed');
    database.away = false;
    held.onModuleInit();
    await until(async () => (await rowsOf(...events)) === 3);
    await until(async () => (await readdir(directory)).length === 0);
    await held.onApplicationShutdown();
    expect(said()).not.toContain('usage_events_lost');
  });

  it('says what it loses when it must stop like that', async () => {
    const { recorder: dying, said } = recorder();
    database.away = true;
    for (const event of [eventOf(), eventOf()]) await dying.record(event);
    await dying.onApplicationShutdown();
    expect(said()).toContain('usage_events_lost');
  });
});

describe('UsageReportRepository', () => {
  const team = newId();
  const range = {
    start: new Date('2028-03-01T00:00:00Z'),
    end: new Date('2028-04-01T00:00:00Z'),
    now: new Date(),
  };
  const report = (groups: UsageGroup[], limit = 100, cursor: string | null = null, workspace = team) =>
    clients.database.inWorkspace(workspace, (scope) =>
      new UsageReportRepository().totals(scope, { ...range, groups, limit, cursor }),
    );

  beforeAll(async () => {
    const events = [
      { model: 'a', createdAt: '2028-03-01T00:00:00.000Z' },
      { model: 'b', createdAt: '2028-03-01T23:59:59.999Z', status: 'failed' as const, cost: null },
      { model: 'a', createdAt: '2028-03-02T00:00:00.000Z', promptTokens: 100 },
      { model: 'a', createdAt: '2028-04-01T00:00:00.000Z' },
    ];
    const writer = new Ledger(clients.database, new UsageEventRepository(), clients.logger);
    await writer.write(events.map((event) => eventOf({ ...event, workspaceId: team })));
    await writer.write([eventOf({ createdAt: '2028-03-02T00:00:00.000Z' })]);
  });

  it('sums by day', async () => {
    const { data, nextCursor } = await report(['day']);
    expect(nextCursor).toBeNull();
    expect(
      data.map(({ startTime, requests, tokensUsed }) => [startTime.toISOString(), requests, tokensUsed]),
    ).toEqual([
      ['2028-03-01T00:00:00.000Z', 2, 30],
      ['2028-03-02T00:00:00.000Z', 1, 105],
    ]);
  });

  it('sums all, by model and status, and exactly', async () => {
    const { data: all } = await report(['none']);
    expect(all).toMatchObject([
      { requests: 3, promptTokens: 120, completionTokens: 15, contextTokens: 6, model: null },
    ]);
    expect(all[0]?.startTime).toEqual(range.start);
    expect(all[0]?.cost).toBe('0.0000000002');
    const { data } = await report(['model', 'status']);
    expect(data.map(({ model, status, requests }) => [model, status, requests])).toEqual([
      ['a', 'completed', 2],
      ['b', 'failed', 1],
    ]);
  });

  it('gives the same rows in pages', async () => {
    const whole = await report(['day', 'model']);
    expect(whole.data).toHaveLength(3);
    const paged = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof report>> = await report(['day', 'model'], 1, cursor);
      paged.push(...page.data);
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(paged).toEqual(whole.data);
    await expect(report(['day'], 1, 'nonsense')).rejects.toMatchObject({ httpStatus: 400, param: 'cursor' });
  });

  it('shows a workspace nothing of another', async () => {
    expect((await report(['day'], 100, null, newId())).data).toEqual([]);
    const rows = await clients.database.inWorkspace(newId(), (scope) =>
      scope.query('SELECT 1 FROM usage_events'),
    );
    expect(rows).toEqual([]);
  });
});
