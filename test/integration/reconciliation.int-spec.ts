import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { newId } from '#common';
import { metrics } from '#observability';
import { usageStream } from '#queues';
import { UsageStream, UsageWriter } from '#usage';
import { bothSides, callerIn, eventOf, gateway, usageOf, worker } from './reconciliation.harness.js';
import { connectStores, type StoreClients, until } from './store-clients.js';

let clients: StoreClients;
let other: StoreClients;
let workspaceId: string;
/** What the spec started and has to end. */
let ending: (() => Promise<void>)[] = [];

beforeAll(async () => {
  [clients, other] = await Promise.all([connectStores(), connectStores()]);
});
afterAll(() => Promise.all([clients.close(), other.close()]));
beforeEach(async () => {
  // A run goes over all workspaces: what other tests left is theirs.
  await clients.redis.flushdb();
  await clients.dataSource.query(`DELETE FROM usage_events`);
  workspaceId = newId();
});
afterEach(async () => {
  for (const end of ending) await end();
  ending = [];
});

function startWriter(): UsageWriter {
  const connection = clients.subscriber.duplicate();
  const options = { blockMs: 20, claimAfterMs: 10_000, pauseMs: 20 };
  const { ledger } = gateway(clients);
  const writer = new UsageWriter(new UsageStream(connection, newId()), ledger, clients.logger, options);
  writer.start();
  ending.push(async () => {
    await writer.stop();
    connection.disconnect();
  });
  return writer;
}

const admit = (at: ReturnType<typeof gateway>, tokens: number, callId = newId()) =>
  at.limiter.admit({ caller: callerIn(workspaceId), callId, tokens });
/** As the writer ends a message: row first, then off the stream. */
async function drainStream(): Promise<void> {
  const { ledger } = gateway(clients);
  for (const [id, fields] of await clients.redis.xrange(usageStream, '-', '+')) {
    await ledger.write([JSON.parse(fields[1] ?? '')]);
    await clients.redis.xdel(usageStream, id);
  }
}
const quotaKey = () => `quota:daily:${workspaceId}`;

describe('quotas', () => {
  it('leaves a right count alone: written, on the stream, in flight, of yesterday', async () => {
    const at = gateway(clients);
    await (await admit(at, 500)).settle(usageOf(20, 22));
    await drainStream();
    await (await admit(at, 500)).settle(usageOf(3, 4));
    await admit(at, 100);
    const yesterday = new Date(Date.now() - 86_400_000).toISOString();
    await at.ledger.write([eventOf(workspaceId, { createdAt: yesterday })]);
    expect(await worker(clients).quotas.run()).toMatchObject({ drifting: 0, drift_tokens: 0 });
    expect(await clients.redis.get(quotaKey())).toBe('149');
  });

  it.each([1_000, -30])('finds and corrects a count that is off by %i', async (off) => {
    const at = gateway(clients);
    await (await admit(at, 500)).settle(usageOf(20, 22));
    await clients.redis.incrby(quotaKey(), off);
    const { quotas, log } = worker(clients);
    const found = { workspaces: 1, drifting: 1, drift_tokens: Math.abs(off) };
    expect(await quotas.run(workspaceId)).toMatchObject({ ...found, workspace_id: workspaceId });
    expect((await log.read()).quotas).toMatchObject(found);
    expect((await metrics.reconciliation.drift.get()).values).toMatchObject([{ value: Math.abs(off) }]);
    expect(await clients.redis.get(quotaKey())).toBe('42');
    expect(await clients.redis.expiretime(quotaKey())).toBe((today() + 1) * 86_400);
    expect(await quotas.run(workspaceId)).toMatchObject({ drift_tokens: 0 });
  });

  it('builds a count anew that Redis forgot, of a workspace that only the ledger knows', async () => {
    const at = gateway(clients);
    const created = await clients.dataSource.query(
      `INSERT INTO workspaces (id, name) VALUES ($1, 'forgotten') RETURNING id`,
      [workspaceId],
    );
    expect(created).toHaveLength(1);
    await at.ledger.write([eventOf(workspaceId), eventOf(workspaceId)]);
    const { quotas } = worker(clients);
    // Other specs' workspaces have usage today as well; it is this one's turn sooner or later.
    await until(async () => {
      await quotas.run();
      return (await clients.redis.get(quotaKey())) === '30';
    });
  });

  it('counts what was used since the quota was reset', async () => {
    const at = gateway(clients);
    await clients.dataSource.query(`INSERT INTO workspaces (id, name) VALUES ($1, 'reset')`, [workspaceId]);
    await (await admit(at, 500)).settle(usageOf(20, 22));
    await at.ledger.write([eventOf(workspaceId, { createdAt: new Date(Date.now() - 5).toISOString() })]);
    await clients.dataSource.query(
      `UPDATE workspaces SET quota_reset_at = now() + interval '1 second' WHERE id = $1`,
      [workspaceId],
    );
    expect(await worker(clients).quotas.run(workspaceId)).toMatchObject({ drift_tokens: 42 });
    expect(await clients.redis.get(quotaKey())).toBe('0');
  });

  it('corrects a drift once, although two workers are at it at the same time', async () => {
    const at = gateway(clients);
    await (await admit(at, 500)).settle(usageOf(20, 22));
    await clients.redis.incrby(quotaKey(), 7);
    const { quotas, events } = worker(clients);
    const second: Promise<unknown>[] = [];
    events.before = () => {
      // In the second look, when the first run is about to correct.
      events.after = async () => {
        second.push(worker(other).quotas.run(workspaceId));
        // Embedded PostgreSQL has one session: there the second run cannot even begin before the first has ended.
        if (inject('stores') === 'real') await second[0];
      };
      return Promise.resolve();
    };
    expect(await quotas.run(workspaceId)).toMatchObject({ drift_tokens: 7 });
    expect(await second[0]).toMatchObject({ drift_tokens: 0 });
    expect(await clients.redis.get(quotaKey())).toBe('42');
  });

  it('reads a backlog past its first page, and only what the count holds of it', async () => {
    const { settleUnheld } = gateway(clients);
    for (let i = 0; i < 25; i++) {
      await Promise.all(Array.from({ length: 100 }, () => settleUnheld(eventOf(workspaceId))));
    }
    expect(await worker(clients).quotas.run(workspaceId)).toMatchObject({ drift_tokens: 0 });
    expect(await clients.redis.get(quotaKey())).toBe(String(2_500 * 15));
  });

  it('touches no count that was lost and built anew since it was looked at', async () => {
    const at = gateway(clients);
    await (await admit(at, 500)).settle(usageOf(20, 22));
    await clients.redis.incrby(quotaKey(), 7);
    const { quotas, events } = worker(clients);
    events.before = () => {
      events.after = async () => {
        await clients.redis.del(quotaKey());
      };
      return Promise.resolve();
    };
    await quotas.run(workspaceId);
    expect(await clients.redis.exists(quotaKey())).toBe(0);
  });
});

describe('calls in flight while a quota is measured', () => {
  type Gateway = ReturnType<typeof gateway>;
  /** What may happen between two reads, to a call that was in flight at the first. */
  const happenings: Record<
    string,
    (at: Gateway, call: Awaited<ReturnType<typeof admit>>) => Promise<unknown>
  > = {
    'it is settled': (_, call) => call.settle(usageOf(11, 2)),
    'it is settled and written': async (_, call) => {
      await call.settle(usageOf(11, 2));
      await drainStream();
    },
    'what was settled before is written': () => drainStream(),
    'another is admitted': (at) => admit(at, 77),
    'another is admitted, settled and written': async (at) => {
      await (await admit(at, 77)).settle(usageOf(1, 1));
      await drainStream();
    },
    'its settling fails and the event takes the side door': async (at, call) => {
      const createdAt = call.admittedAt.toISOString();
      await at.ledger.write([eventOf(workspaceId, { id: call.callId, createdAt })]);
    },
  };

  for (const [what, happens] of Object.entries(happenings)) {
    for (const moment of ['before', 'after'] as const) {
      it.skipIf(standsStill(what))(`are no drift when ${what}, ${moment} the stream is read`, async () => {
        const at = gateway(clients);
        await (await admit(at, 500)).settle(usageOf(20, 22));
        const call = await admit(at, 100);
        const { events, drift } = worker(clients);
        let hasHappened = false;
        events[moment] = async () => {
          await happens(at, call);
          hasHappened = true;
        };
        expect(await drift(workspaceId)).toBe(0);
        expect(hasHappened).toBe(true);
        expect(await drift(workspaceId)).toBe(0);
      });
    }
  }

  it.skipIf(standsStill('written'))(
    'do not fool a run that looks twice: a call without a reservation ends between the reads',
    async () => {
      const at = gateway(clients);
      const { events, drift, quotas } = worker(clients);
      await (await admit(at, 500)).settle(usageOf(20, 22));
      const settleAndWrite = async () => {
        await at.settleUnheld(eventOf(workspaceId, { createdAt: new Date(Date.now() - 50).toISOString() }));
        await drainStream();
      };
      events.after = settleAndWrite;
      expect(await drift(workspaceId)).not.toBe(0);
      events.after = settleAndWrite;
      expect(await quotas.run(workspaceId)).toMatchObject({ drift_tokens: 0 });
      expect(await clients.redis.get(quotaKey())).toBe(String(42 + 15 + 15));
    },
  );

  it('never make a drift of 500 calls that are admitted, settled, lapse and are written meanwhile', async () => {
    // Other specs' workspaces have usage today that this Redis has forgotten.
    await until(async () => (await worker(clients).quotas.run()).drift_tokens === 0);
    startWriter();
    const workspaces = Array.from({ length: 4 }, newId);
    const gateways = [gateway(clients), gateway(other), gateway(clients, 15), gateway(other, 15)];
    const random = (below: number) => Math.floor(Math.random() * below);
    const pause = () => new Promise((resolve) => setTimeout(resolve, random(30)));
    const call = async (i: number) => {
      const at = gateways[i % gateways.length] ?? gateway(clients);
      const workspace = workspaces[random(workspaces.length)] ?? '';
      const usage = usageOf(random(1_000_000), random(1_000_000));
      const admission = await at.limiter.admit({
        caller: callerIn(workspace),
        callId: newId(),
        tokens: 1 + random(1_000_000),
      });
      await pause();
      const fate = random(10);
      const [id, createdAt] = [admission.callId, admission.admittedAt.toISOString()];
      const event = eventOf(workspace, { ...usage, id, createdAt });
      if (fate === 0) await admission.refund(usage);
      // Redis answered too late: the event took the side door, and the reservation is left behind.
      else if (fate === 1) await at.ledger.write([event]);
      // The same, and the settling came through after all.
      else if (fate === 2) await Promise.all([admission.settle(usage), at.ledger.write([event])]);
      else await admission.settle(usage);
      // A call that was admitted while Redis was away, and ends now that it is back.
      if (fate === 3) await at.settleUnheld(eventOf(workspace, usage));
    };
    const over = new AbortController();
    const drifts: number[] = [];
    const reconcile = async (stores: StoreClients) => {
      const { quotas } = worker(stores);
      while (!over.signal.aborted) drifts.push((await quotas.run()).drift_tokens);
    };
    const reconciling = [reconcile(clients), reconcile(other)];
    const lanes = Array.from({ length: 10 }, async (_, lane) => {
      for (let i = 0; i < 50; i++) await call(lane * 50 + i);
    });
    await Promise.all(lanes);
    over.abort();
    await Promise.all(reconciling);
    expect(drifts.length).toBeGreaterThan(5);
    expect(drifts.filter((drift) => drift !== 0)).toEqual([]);

    await until(async () => (await clients.redis.xlen(usageStream)) === 0);
    const { quotas } = worker(clients);
    for (const workspace of workspaces) {
      expect(await quotas.run(workspace)).toMatchObject({ drift_tokens: 0 });
      const { count, ledger } = await bothSides(clients, workspace);
      expect(count).toBe(ledger);
      expect(await clients.redis.zcard(`quota:reservations:${workspace}`)).toBe(0);
    }
  });
});

/** Embedded PostgreSQL has one session: nothing is written while a transaction measures, so nothing can come between its reads. */
const standsStill = (what: string): boolean => inject('stores') !== 'real' && /written|side door/.test(what);

const today = () => Math.floor(Date.now() / 86_400_000);
