import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { newId } from '#common';
import type { UsageEvent } from '#queues';
import { QuotaAudit } from '#rate-limit';
import { type ServedCall, type Simulator, startSimulator } from '#testing';
import { bothSides, callerIn, eventOf, gateway, usageOf, worker } from './reconciliation.harness.js';
import { connectStores, type StoreClients, until } from './store-clients.js';

let clients: StoreClients;
let other: StoreClients;
let simulator: Simulator;
let workspaceId: string;

beforeAll(async () => {
  [clients, other, simulator] = await Promise.all([connectStores(), connectStores(), startSimulator()]);
});
afterAll(async () => {
  await Promise.all([clients.close(), other.close(), simulator.close()]);
});
beforeEach(async () => {
  await clients.redis.flushdb();
  // What other specs left to be looked up must not take part in these.
  await clients.dataSource.query(
    `UPDATE usage_events SET look_up_at = 'infinity' WHERE generation_id IS NOT NULL`,
  );
  simulator.reset();
  workspaceId = newId();
});

const correct = (stores = clients) => worker(stores, simulator.url).estimates.run();
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
/** An event whose numbers want the upstream's. */
const estimate = (change: Partial<UsageEvent> = {}) =>
  eventOf(workspaceId, {
    source: 'estimated',
    cost: null,
    generationId: 'gen-unknown',
    createdAt: ago(4_000),
    ...change,
  });
const write = (...events: UsageEvent[]) => gateway(clients).ledger.write(events);

/** What the simulator generated for somebody, as its record tells it. */
async function generate(): Promise<ServedCall> {
  const response = await fetch(`${simulator.url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer k', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim/fast', messages: [{ role: 'user', content: 'how are you?' }] }),
  });
  const { id } = JSON.parse(await response.text());
  await until(() => simulator.ledger.find(id)?.ended_at != null);
  const call = simulator.ledger.find(id);
  if (!call) throw new Error(`${id} was not recorded`);
  return call;
}

const rowOf = async ({ id }: Pick<UsageEvent, 'id'>) => {
  const [row] = await clients.dataSource.query(
    `SELECT prompt_tokens::integer, completion_tokens::integer, cost::float8, source, look_up_attempts,
       look_up_at = 'infinity' AS is_given_up, extract(epoch FROM look_up_at)::float8 - extract(epoch FROM now())::float8 AS due_in
     FROM usage_events WHERE id = $1`,
    [id],
  );
  return row;
};
const makeDue = ({ id }: Pick<UsageEvent, 'id'>) =>
  clients.dataSource.query(`UPDATE usage_events SET look_up_at = now() WHERE id = $1`, [id]);

describe('correct-estimates', () => {
  it('puts the upstream’s tokens and cost in the place of an estimate, and the quota follows', async () => {
    const call = await generate();
    const { ledger, limiter } = gateway(clients);
    const admission = await limiter.admit({ caller: callerIn(workspaceId), callId: newId(), tokens: 900 });
    await admission.settle(usageOf(500, 200));
    const event = estimate({
      id: admission.callId,
      promptTokens: 500,
      completionTokens: 200,
      generationId: call.id,
    });
    await ledger.write([event]);
    await clients.redis.del('usage:events');
    expect(await correct()).toMatchObject({ looked_up: 1, corrected: 1, pending: 0 });
    expect(await rowOf(event)).toMatchObject({
      prompt_tokens: call.prompt_tokens,
      completion_tokens: call.completion_tokens,
      cost: call.cost,
      source: 'generation',
    });
    const used = call.prompt_tokens + call.completion_tokens;
    expect(await bothSides(clients, workspaceId)).toEqual({ count: used, ledger: used });
    expect(await worker(clients).quotas.run(workspaceId)).toMatchObject({ drift_tokens: 0 });
    expect(await correct()).toMatchObject({ looked_up: 0, corrected: 0 });
  });

  it('fills in an unknown cost and leaves the provider’s tokens alone', async () => {
    const call = await generate();
    const event = estimate({ source: 'provider', generationId: call.id });
    const known = estimate({ source: 'provider', cost: '0.5', generationId: call.id });
    const nowhere = estimate({ generationId: null });
    await write(event, known, nowhere);
    expect(await correct()).toMatchObject({ looked_up: 1, corrected: 1 });
    const provider = { source: 'provider', prompt_tokens: 10, completion_tokens: 5 };
    expect(await rowOf(event)).toMatchObject({ ...provider, cost: call.cost });
    expect(await rowOf(known)).toMatchObject({ ...provider, cost: 0.5, look_up_attempts: 0 });
    expect(await rowOf(nowhere)).toMatchObject({ source: 'estimated', look_up_attempts: 0 });
  });

  it('leaves a call in peace that ended a moment ago', async () => {
    const event = estimate({ createdAt: ago(60_000), latencyMs: 59_900 });
    await write(event);
    expect(await correct()).toMatchObject({ looked_up: 0, pending: 1 });
  });

  it('corrects each once when two workers are at it', async () => {
    const calls = await Promise.all(Array.from({ length: 30 }, generate));
    const { ledger, settleUnheld } = gateway(clients);
    const events = calls.map(({ id }) => estimate({ generationId: id, promptTokens: 1_000 }));
    for (const event of events) await settleUnheld(event);
    await ledger.write(events);
    await clients.redis.del('usage:events');
    const runs = await Promise.all([correct(), correct(other), correct(), correct(other)]);
    expect(runs.reduce((sum, { corrected }) => sum + corrected, 0)).toBe(30);
    expect(simulator.ledger.calls(({ endpoint }) => endpoint === 'generation')).toHaveLength(30);
    const used = calls.reduce((sum, each) => sum + each.prompt_tokens + each.completion_tokens, 0);
    expect(await bothSides(clients, workspaceId)).toEqual({ count: used, ledger: used });
  });

  it('corrects once when a lease ended under a slow worker', async () => {
    const call = await generate();
    const event = estimate({ generationId: call.id });
    await write(event);
    await clients.redis.set(`quota:daily:${workspaceId}`, '15');
    simulator.faults.set({ endpoint: 'generation', delay_headers_ms: 400, times: 1 });
    const slow = correct();
    await until(async () => (await rowOf(event)).look_up_attempts === 1);
    await makeDue(event);
    expect(await correct(other)).toMatchObject({ corrected: 1 });
    expect(await slow).toMatchObject({ looked_up: 1, corrected: 0 });
    const used = call.prompt_tokens + call.completion_tokens;
    expect(await bothSides(clients, workspaceId)).toEqual({ count: used, ledger: used });
  });

  it('puts back what it took when a store fails under it', async () => {
    const call = await generate();
    const event = estimate({ generationId: call.id });
    await write(event);
    const follow = vi
      .spyOn(QuotaAudit.prototype, 'follow')
      .mockRejectedValueOnce(new Error('Command timed out'));
    await expect(correct()).rejects.toThrow('Command timed out');
    follow.mockRestore();
    await until(async () => (await correct()).corrected === 1);
    expect(await rowOf(event)).toMatchObject({ source: 'generation' });
  });

  it('waits for a workspace that is being reconciled', async () => {
    const call = await generate();
    const event = estimate({ generationId: call.id });
    await write(event);
    await clients.redis.set(`quota:daily:${workspaceId}`, '15');
    const { events, quotas } = worker(clients);
    let run: Promise<unknown> = Promise.resolve();
    events.before = async () => {
      run = correct(other);
      // Embedded PostgreSQL has one session: there the correction cannot even begin before the run has ended.
      if (inject('stores') === 'real') await run;
    };
    expect(await quotas.run(workspaceId)).toMatchObject({ workspaces: 1, drift_tokens: 0 });
    await run;
    if (inject('stores') === 'real') {
      expect(await rowOf(event)).toMatchObject({ source: 'estimated', look_up_attempts: 0 });
    }
    await makeDue(event);
    await correct();
    expect(await rowOf(event)).toMatchObject({ source: 'generation' });
  });

  it('does not move the count for a call whose reservation still stands: settling it takes the ledger’s number', async () => {
    const call = await generate();
    const { ledger, limiter } = gateway(clients);
    const { callId } = await limiter.admit({ caller: callerIn(workspaceId), callId: newId(), tokens: 900 });
    await ledger.write([estimate({ id: callId, generationId: call.id })]);
    expect(await correct()).toMatchObject({ corrected: 1 });
    expect(await clients.redis.get(`quota:daily:${workspaceId}`)).toBe('900');
    const run = await worker(clients).quotas.run(workspaceId);
    expect(run).toMatchObject({ reservations_settled: 1, drift_tokens: 0 });
    const used = call.prompt_tokens + call.completion_tokens;
    expect(await bothSides(clients, workspaceId)).toEqual({ count: used, ledger: used });
  });

  it('asks again for a record that is late', async () => {
    const call = await generate();
    const event = estimate({ generationId: call.id });
    await write(event);
    simulator.faults.set({ endpoint: 'generation', error: { code: 404, message: 'not yet' }, times: 1 });
    expect(await correct()).toMatchObject({ looked_up: 1, corrected: 0, pending: 1 });
    expect(await rowOf(event)).toMatchObject({ source: 'estimated', look_up_attempts: 1 });
    expect((await rowOf(event)).due_in).toBeGreaterThan(3);
    expect((await rowOf(event)).due_in).toBeLessThanOrEqual(5);
    expect(await correct()).toMatchObject({ looked_up: 0 });
    await makeDue(event);
    expect(await correct()).toMatchObject({ corrected: 1, pending: 0 });
    expect(await rowOf(event)).toMatchObject({ source: 'generation', look_up_attempts: 2 });
  });

  it('gives up after a day', async () => {
    const event = estimate({ createdAt: ago(86_400_000) });
    await write(event);
    expect(await correct()).toMatchObject({ looked_up: 1, given_up: 1, pending: 0 });
    expect(await rowOf(event)).toMatchObject({ source: 'estimated', is_given_up: true });
    expect(await correct()).toMatchObject({ looked_up: 0 });
  });

  it('stops when the upstream has had enough, for as long as it says, and counts no try', async () => {
    const events = Array.from({ length: 20 }, () => estimate());
    await write(...events);
    simulator.faults.set({
      endpoint: 'generation',
      error: {
        code: 429,
        message: 'slow down',
        error_type: 'rate_limit_exceeded',
        retry_after: 40,
      },
    });
    expect(await correct()).toMatchObject({ corrected: 0, pending: 20 });
    expect(simulator.ledger.calls(({ endpoint }) => endpoint === 'generation').length).toBeLessThanOrEqual(4);
    for (const event of events) {
      const { look_up_attempts, due_in } = await rowOf(event);
      expect(look_up_attempts).toBe(0);
      expect(due_in).toBeGreaterThan(30);
      expect(due_in).toBeLessThanOrEqual(40);
    }
  });

  it('leaves an upstream alone that fails, and comes back', async () => {
    await write(...Array.from({ length: 20 }, () => estimate()));
    simulator.faults.set({ endpoint: 'generation', error: { code: 500, message: 'oh' } });
    await correct();
    expect(simulator.ledger.calls(({ endpoint }) => endpoint === 'generation').length).toBeLessThanOrEqual(7);
    expect(await correct()).toMatchObject({ looked_up: 0, pending: 20 });
  });

  it('can find what is due by the index, in the order of it', async () => {
    const plan = await clients.database.asSystem(async (scope) => {
      // The tables of this suite are too small for an index, or its order, to be worth it.
      for (const other of ['seqscan', 'bitmapscan', 'sort'])
        await scope.query(`SET LOCAL enable_${other} = off`);
      return scope.query(`
        EXPLAIN SELECT id FROM usage_events
        WHERE generation_id IS NOT NULL AND (source = 'estimated' OR (source = 'provider' AND cost IS NULL))
          AND coalesce(look_up_at, created_at) <= now() ORDER BY coalesce(look_up_at, created_at) LIMIT 200`);
    });
    expect(JSON.stringify(plan)).toMatch(/usage_events_\d+_\d+_coalesce_idx/);
    expect(JSON.stringify(plan)).not.toMatch(/Seq Scan|-> {2}Sort/);
  });
});
