import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '#common';
import { usageStream } from '#queues';
import { bothSides, callerIn, eventOf, gateway, usageOf, worker } from './reconciliation.harness.js';
import { connectStores, type StoreClients, until } from './store-clients.js';

let clients: StoreClients;
let workspaceId: string;

beforeAll(async () => {
  clients = await connectStores();
});
afterAll(() => clients.close());
beforeEach(async () => {
  await clients.redis.flushdb();
  workspaceId = newId();
});

const admit = (at: ReturnType<typeof gateway>, tokens: number) =>
  at.limiter.admit({ caller: callerIn(workspaceId), callId: newId(), tokens });

describe('what was left behind', () => {
  it('gives back a lapsed reservation though nobody is admitted, and knows its late settle', async () => {
    const killed = await admit(gateway(clients, 20), 90);
    const { quotas } = worker(clients);
    await until(async () => (await quotas.run(workspaceId)).reservations_reaped === 1);
    expect(await bothSides(clients, workspaceId)).toEqual({ count: 0, ledger: 0 });
    expect(await clients.redis.zcard(`quota:lapsed:${workspaceId}`)).toBe(1);
    await killed.settle(usageOf(10, 5));
    expect(await clients.redis.get(`quota:daily:${workspaceId}`)).toBe('15');
    expect(await clients.redis.xlen(usageStream)).toBe(1);
    expect(await quotas.run(workspaceId)).toMatchObject({ drift_tokens: 0, reservations_reaped: 0 });
  });

  it.each([
    ['held', 600_000],
    ['lapsed', 1],
  ])('settles a %s reservation by the ledger, once', async (_, lapseAfterMs) => {
    const at = gateway(clients, lapseAfterMs);
    const call = await admit(at, 90);
    const { quotas } = worker(clients);
    if (lapseAfterMs === 1)
      await until(async () => (await quotas.run(workspaceId)).reservations_reaped === 1);
    const createdAt = call.admittedAt.toISOString();
    await at.ledger.write([eventOf(workspaceId, { id: call.callId, createdAt })]);
    expect(await quotas.run(workspaceId)).toMatchObject({ reservations_settled: 1, drift_tokens: 0 });
    expect(await bothSides(clients, workspaceId)).toEqual({ count: 15, ledger: 15 });
    // The gateway tries its settle again after all: nothing is left to settle, and the ledger has the event.
    await call.settle(usageOf(10, 5));
    expect(await quotas.run(workspaceId)).toMatchObject({ reservations_settled: 0, drift_tokens: 0 });
    expect(await bothSides(clients, workspaceId)).toEqual({ count: 15, ledger: 15 });
  });

  it('frees the slots of calls whose time is over, and no others', async () => {
    const key = `rate_limit:parallel:${newId()}`;
    await clients.redis.zadd(key, String(Date.now() - 1_000), newId());
    await clients.redis.zadd(key, String(Date.now() + 60_000), 'alive');
    expect(await worker(clients).quotas.run()).toMatchObject({ slots_reaped: 1 });
    expect(await clients.redis.zrange(key, '0', '-1')).toEqual(['alive']);
  });
});
