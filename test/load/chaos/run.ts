import { setTimeout as sleep } from 'node:timers/promises';
import { http, until } from '../../e2e/tenant.js';
import { readBooks, reconcile } from './books.js';
import type { Caller } from './call.js';
import { isCalm } from './charges.js';
import { comparedMs, type Disturbance, disturbances } from './disturbances.js';
import { Load } from './load.js';
import { kinds, quotaCall, quotaPlaces, slotCall, slots } from './plan.js';
import type { Run, Strike } from './record.js';
import type { Stage } from './stage.js';

/** Calls a second: what two cores carry beside everything else that runs on them here. */
const pace = 25;
const warmUpMs = 4_000;
/** Load between a recovery and the next disturbance. */
const restMs = 1_500;
interface Tight {
  readonly quota: Caller[];
  readonly slots: Caller[];
}

/** Load, one disturbance after the other, calm, and the books. @param endsAt when it waits no longer (ms since the epoch) */
export async function run(stage: Stage, endsAt: number, tell: (line: string) => void): Promise<Run> {
  tell('stores and product run');
  const wide = [...(await stage.tenant(3, ample)), ...(await stage.tenant(2, ample))];
  const load = new Load(stage.fleet, wide);
  const quota = quotaPlaces * (await load.make(quotaCall, one(wide))).tokens;
  const tight: Tight = {
    quota: await stage.tenant(2, { ...ample, daily_token_quota: quota }),
    slots: await stage.tenant(1, ample, { rate_limit_parallel: slots }),
  };
  load.start(pace);
  await sleep(warmUpMs);
  load.phase = 'before';
  tell('load before anything breaks');
  await sleep(comparedMs);
  await pressLimits(load, tight);
  const open: OpenStrike[] = [];
  for (const disturbance of disturbances) {
    const strike = await carryOut(disturbance, stage, load);
    tell(`${strike.name} (${strike.struck})`);
    open.push(strike);
    await pressLimits(load, tight);
    await sleep(restMs);
  }
  const strikes = await Promise.all(open.map(async (each) => ({ ...each, brokenMs: await each.brokenMs })));
  load.phase = 'calm';
  await load.stop();
  tell('calm: waiting for lapses and corrections');
  const { books, reconciles } = await calmDown(stage, load, { ...tight, wide }, endsAt);
  return { calls: load.calls, strikes, books, reconciles, quota };
}

/** Limits that no call meets, but all are counted against. */
const ample = {
  daily_token_quota: 1_000_000_000,
  rate_limit_requests: 1_000_000,
  rate_limit_parallel: 10_000,
};

/** Redis is healthy: more calls than there are places must not find one more. */
async function pressLimits(load: Load, tight: Tight): Promise<void> {
  await Promise.all([load.burst(30, quotaCall, tight.quota), load.burst(24, slotCall, tight.slots)]);
}

/** A strike that may still heal. */
type OpenStrike = Omit<Strike, 'brokenMs'> & { brokenMs: Promise<number> };

async function carryOut(disturbance: Disturbance, stage: Stage, load: Load): Promise<OpenStrike> {
  const { name, lastsMs } = disturbance;
  const startedAt = performance.now();
  load.phase = name;
  const struck = await disturbance.strike(stage, load);
  await sleep(lastsMs);
  const brokenMs = disturbance.heal(stage).then(() => performance.now() - startedAt);
  // Whoever does not wait for it now will hear of its failure later.
  brokenMs.catch(() => undefined);
  if (!disturbance.healsBeside) await brokenMs;
  load.phase = `after ${name}`;
  const leftAt = performance.now();
  await until(
    'limits to be exact again',
    () => degradedDuring(stage, load),
    (degraded) => degraded === 0,
    30_000,
  );
  return { name, struck, recoveredMs: performance.now() - leftAt, brokenMs };
}

/** Decisions that were made without Redis while a few calls were. */
async function degradedDuring(stage: Stage, load: Load): Promise<number> {
  const [before, calls] = [await degradedSoFar(stage), load.calls.length];
  await until(
    'calls to be made',
    async () => load.calls.length,
    (now) => now >= calls + 2 * stage.fleet.live.length,
  );
  return (await degradedSoFar(stage)) - before;
}

async function degradedSoFar(stage: Stage): Promise<number> {
  const counts = stage.fleet.live.map(async ({ process }) => {
    const { body } = await http('GET', `${process.url}/metrics`);
    return Number(/^cmg_rate_limit_degraded_total\{.*\} (\d+)/m.exec(body.text)?.[1] ?? 0);
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

/** Waits until what the dead held has lapsed and every correction is made. */
async function calmDown(stage: Stage, load: Load, callers: Tight & { wide: Caller[] }, endsAt: number) {
  const lapseAt = Math.max(0, ...(await readBooks(stage)).held.map(({ lapsesAt }) => lapsesAt));
  await sleep(Math.max(0, Math.min(lapseAt, endsAt) - Date.now()));
  // Whoever calls next finds what has lapsed.
  for (const caller of callers.wide) await load.make(one(kinds), caller);
  await pressLimits(load, callers);
  const everyone = [...callers.wide, ...callers.quota, ...callers.slots];
  const workspaceIds = new Set(everyone.map(({ workspaceId }) => workspaceId));
  for (;;) {
    const reconciles = await reconcile(stage, workspaceIds);
    const books = await readBooks(stage);
    if (isCalm(books, load.calls) || Date.now() > endsAt) return { books, reconciles };
    await sleep(2_000);
  }
}

function one<T>(list: readonly T[]): T {
  const [first] = list;
  if (first === undefined) throw new Error('The list is empty');
  return first;
}
