import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#common';
import { SystemScope } from '#database';
import type { UsageEvent } from '#queues';
import { Ledger, UsageEventRepository, UsageReportRepository, type UsageGroup } from '#usage';
import { UsageRollups1764000003000 } from '../../migrations/1764000003000-usage-rollups.js';
import { connectStores, type StoreClients } from './store-clients.js';
import { usageEvent } from './usage-event.factory.js';

const dayMs = 86_400_000;
/** A month that no other spec writes in; the events of each test fall into it and the next. */
const begin = Date.parse('2027-05-30T00:00:00Z');
let clients: StoreClients;
let ledger: Ledger;

beforeAll(async () => {
  clients = await connectStores();
  ledger = new Ledger(clients.database, new UsageEventRepository(), clients.logger);
});
afterAll(() => clients.close());

const events = (workspaceId: string, times = fc.integer({ min: 0, max: 4 * dayMs - 1 })) =>
  fc
    .record({
      keyId: fc.constantFrom('key-a', 'key-b'),
      model: fc.constantFrom('a/one', 'b/two', ''),
      status: fc.constantFrom<UsageEvent['status']>('completed', 'failed', 'cancelled'),
      promptTokens: fc.oneof(fc.nat(1_000), fc.constant(Number.MAX_SAFE_INTEGER)),
      completionTokens: fc.nat(1_000),
      contextTokens: fc.nat(100),
      cost: fc.option(fc.nat(1e9).map((units) => `0.${String(units).padStart(10, '0')}`)),
      createdAt: times.map((offset) => new Date(begin + offset).toISOString()),
    })
    .map((fields) => usageEvent({ workspaceId, ...fields }));

const sums = `count(*) AS requests, sum(prompt_tokens) AS prompt_tokens, sum(completion_tokens) AS completion_tokens,
  sum(context_tokens) AS context_tokens, sum(tokens_used) AS tokens_used, trim_scale(coalesce(sum(cost), 0)) AS cost`;

/** What a roll-up must hold, by the events, and what it does hold. */
async function bothSides(table: string, unit: string, workspaces: string[]) {
  const key = 'workspace_id, bucket, key_id, model, status';
  const expected = await clients.dataSource.query(
    `SELECT workspace_id, date_trunc($2, created_at, 'UTC') AS bucket, key_id, model, status, ${sums}
     FROM usage_events WHERE workspace_id = ANY($1) GROUP BY 1, 2, 3, 4, 5 ORDER BY ${key}`,
    [workspaces, unit],
  );
  const found = await clients.dataSource.query(
    `SELECT ${key}, requests, prompt_tokens, completion_tokens, context_tokens, tokens_used, trim_scale(cost) AS cost
     FROM ${table} WHERE workspace_id = ANY($1) AND requests <> 0 ORDER BY ${key}`,
    [workspaces],
  );
  return { expected, found };
}

async function expectExact(...workspaces: string[]): Promise<void> {
  for (const [table, unit] of [
    ['usage_hourly', 'hour'],
    ['usage_daily', 'day'],
  ] as const) {
    const { expected, found } = await bothSides(table, unit, workspaces);
    expect(found).toEqual(expected);
    expect(found.length).toBeGreaterThan(0);
  }
}

/** A correction as reconciliation makes it, and some that it never will. */
const corrections = [
  `source = 'generation', prompt_tokens = prompt_tokens / 2, completion_tokens = 7, cost = 0.25`,
  `cost = NULL`,
  `cost = coalesce(cost, 0) + 0.0000000001, completion_tokens = completion_tokens + 1`,
  `model = 'c/three'`,
  `status = 'failed', latency_ms = 1`,
];
/** Into another hour, day and, for some, partition. */
const move = `created_at = created_at + interval '50 hours'`;

/** As the ledger does it, but not again after a deadlock: there must be none. */
const once = <T>(work: (scope: SystemScope) => Promise<T>) =>
  clients.dataSource.transaction((manager) => work(new SystemScope(manager)));
const insert = (events: readonly UsageEvent[]) =>
  once((scope) => new UsageEventRepository().insert(scope, events));
const change = (what: string, events: readonly UsageEvent[]) =>
  once((scope) =>
    scope.query(`UPDATE usage_events SET ${what} WHERE id = ANY($1)`, [events.map(({ id }) => id)]),
  );

describe('the roll-ups', () => {
  it('are the sums of the events, whatever comes, twice, at once, and is corrected', async () => {
    const [one, two] = [newId(), newId()];
    const batches = fc.array(
      fc.record({
        events: fc.array(fc.oneof(events(one), events(two)), { minLength: 1, maxLength: 30 }),
        correction: fc.constantFrom(...corrections),
      }),
      { minLength: 2, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(batches, async (batches) => {
        const all = batches.flatMap(({ events }) => events);
        // Each batch by its own writer, each also inside a batch of everything, in its own order; and corrections meanwhile.
        await Promise.all([
          ...batches.map(({ events }) => insert(events)),
          insert(all),
          insert(all.toReversed()),
          ...batches.map(({ events, correction }) => change(correction, events)),
        ]);
        await expectExact(one, two);
        for (const { events, correction } of batches) {
          await change(correction, events.slice(1));
          await change(move, events.slice(0, 2));
        }
        await expectExact(one, two);
      }),
      { numRuns: 10, endOnFailure: true },
    );
  });

  it('let writers of the same sums wait in one line, never in a circle', async () => {
    const workspaceId = newId();
    const batches = fc.sample(fc.array(events(workspaceId), { minLength: 200, maxLength: 200 }), 12);
    await Promise.all(
      batches.map(async (batch) => insert(batch).then(() => change(corrections[0] ?? '', batch))),
    );
    await expectExact(workspaceId);
  });

  it('move by the difference when an estimate is corrected, and not for a refused batch', async () => {
    const workspaceId = newId();
    const event = usageEvent({ workspaceId, cost: null, source: 'estimated' });
    await ledger.write([event]);
    await clients.dataSource.query(
      `UPDATE usage_events SET prompt_tokens = 4, completion_tokens = 3, cost = 0.5 WHERE id = $1`,
      [event.id],
    );
    const read = (table: string) =>
      clients.dataSource.query(
        `SELECT requests, tokens_used, trim_scale(cost) AS cost FROM ${table} WHERE workspace_id = $1`,
        [workspaceId],
      );
    for (const table of ['usage_hourly', 'usage_daily'])
      expect(await read(table)).toEqual([{ requests: '1', tokens_used: '7', cost: '0.5' }]);
    const [good, bad] = [usageEvent({ workspaceId }), usageEvent({ workspaceId, latencyMs: 1e15 })];
    expect(await ledger.write([good, bad])).toEqual([bad]);
    await expectExact(workspaceId);
  });

  it('hold a name of any length', async () => {
    const workspaceId = newId();
    const noise = Array.from({ length: 400 }, () => newId()).join('');
    expect(await ledger.write([usageEvent({ workspaceId, model: `${'x'.repeat(255)}😀${noise}` })])).toEqual(
      [],
    );
    await expectExact(workspaceId);
  });

  it('are read by their workspace alone, and written by no tenant, nor are partitions', async () => {
    const workspaceId = newId();
    await ledger.write([usageEvent({ workspaceId, createdAt: '2027-07-01T00:00:00.000Z' })]);
    for (const table of ['usage_hourly', 'usage_daily', 'usage_events_2027_07']) {
      const count = (workspace: string) =>
        clients.database.inWorkspace(workspace, (scope) => scope.query(`SELECT 1 FROM ${table}`));
      expect(await count(workspaceId)).toHaveLength(1);
      expect(await count(newId())).toHaveLength(0);
      for (const write of [
        `DELETE FROM ${table}`,
        `UPDATE ${table} SET model = 'x'`,
        `INSERT INTO ${table} DEFAULT VALUES`,
      ]) {
        const attempt = clients.database.inWorkspace(workspaceId, (scope) => scope.query(write));
        await expect(attempt).rejects.toThrow('permission denied');
      }
    }
  });

  it('are filled by the migration from what is there', async () => {
    const workspaceId = newId();
    const [batch = []] = fc.sample(fc.array(events(workspaceId), { minLength: 50, maxLength: 50 }), 1);
    await ledger.write(batch);
    const migration = new UsageRollups1764000003000();
    const runner = clients.dataSource.createQueryRunner();
    await runner.startTransaction();
    await migration.down(runner);
    await runner.query(`UPDATE usage_events SET model = $2 WHERE id = $1`, [batch[0]?.id, 'y'.repeat(300)]);
    await migration.up(runner);
    await runner.commitTransaction();
    await runner.release();
    await expectExact(workspaceId);
    await ledger.write([usageEvent({ workspaceId })]);
    await expectExact(workspaceId);
  });
});

describe('UsageReportRepository', () => {
  const now = new Date(begin + 3 * dayMs + 5_000_000);
  const hourMs = 3_600_000;
  const edge = fc
    .tuple(fc.integer({ min: -dayMs, max: 5 * dayMs }), fc.constantFrom(1, hourMs, dayMs))
    .map(([offset, unit]) => begin + Math.floor(offset / unit) * unit);
  const cuts = fc
    .tuple(
      fc.constantFrom<UsageGroup[]>([], ['hour'], ['day'], ['month']),
      fc.subarray<UsageGroup>(['key', 'model', 'status']),
    )
    .map(([time, rest]) => [...time, ...rest]);

  /** The report, counted here. */
  function counted(all: UsageEvent[], start: number, end: number, groups: UsageGroup[]) {
    const bucketOf = ({ createdAt }: UsageEvent) => {
      const digits = groups.includes('hour')
        ? 13
        : groups.includes('day')
          ? 10
          : groups.includes('month')
            ? 7
            : 0;
      const rest = '0000-01-01T00:00:00.000Z'.slice(digits);
      return digits === 0 ? new Date(start).toISOString() : createdAt.slice(0, digits) + rest;
    };
    const inside = all.filter(
      ({ createdAt }) => Date.parse(createdAt) >= start && Date.parse(createdAt) < end,
    );
    const rows = Map.groupBy(inside, (event) =>
      JSON.stringify([
        bucketOf(event),
        groups.includes('key') ? event.keyId : null,
        groups.includes('model') ? event.model : null,
        groups.includes('status') ? event.status : null,
      ]),
    );
    return new Map(
      Array.from(rows, ([key, rows]) => {
        const sum = (of: (event: UsageEvent) => number) => rows.reduce((total, row) => total + of(row), 0);
        // Costs have ten decimals after "0.".
        const cost = rows.reduce((total, row) => total + BigInt((row.cost ?? '0.0').slice(2)), 0n);
        return [
          key,
          {
            requests: rows.length,
            promptTokens: sum((row) => row.promptTokens),
            completionTokens: sum((row) => row.completionTokens),
            contextTokens: sum((row) => row.contextTokens),
            tokensUsed: sum((row) => row.promptTokens + row.completionTokens),
            cost: (Number(cost) / 1e10).toFixed(10),
          },
        ];
      }),
    );
  }

  it('gives the same from roll-ups and from events: what one counts by hand', async () => {
    const workspaceId = newId();
    const small = events(workspaceId, fc.integer({ min: 0, max: now.getTime() - begin - 1 })).map(
      (event) => ({
        ...event,
        promptTokens: event.promptTokens % 1_000,
      }),
    );
    const [all = []] = fc.sample(fc.array(small, { minLength: 300, maxLength: 300 }), 1);
    await ledger.write(all);
    await fc.assert(
      fc.asyncProperty(edge, edge, cuts, fc.integer({ min: 1, max: 20 }), async (a, b, groups, limit) => {
        fc.pre(a !== b);
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        const found = new Map();
        let cursor: string | null = null;
        do {
          const query = { start: new Date(start), end: new Date(end), now, groups, limit, cursor };
          const page: Awaited<ReturnType<UsageReportRepository['totals']>> =
            await clients.database.inWorkspace(workspaceId, (scope) =>
              new UsageReportRepository().totals(scope, query),
            );
          for (const { startTime, keyId, model, status, cost, ...sums } of page.data) {
            const key = JSON.stringify([startTime.toISOString(), keyId, model, status]);
            expect(found.has(key)).toBe(false);
            found.set(key, { ...sums, cost: Number(cost).toFixed(10) });
          }
          cursor = page.nextCursor;
        } while (cursor !== null);
        expect(found).toEqual(counted(all, start, end, groups));
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });
});
