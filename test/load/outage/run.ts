import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../e2e/tenant.js';
import { owedIn } from './charges.js';
import { load } from './load.js';
import { gateways, phases, primary } from './plan.js';
import type { Run } from './record.js';
import { keptIn, type Stage } from './stage.js';
import { breakerEvents, watch } from './watch.js';

/** Everything is settled by then, or is not going to be. */
const settledWithinMs = 20_000;

/** Load through all phases, by the clock, and what everybody saw and wrote down meanwhile. */
export async function run(stage: Stage, tell: (line: string) => void): Promise<Run> {
  let isOver = false;
  const over = () => isOver;
  const loading = load(stage.urls, stage.key, over);
  const watching = watch(stage.urls, over);
  const begun: Run['phases'][number][] = [];
  try {
    for (const phase of phases) {
      await stage.control('DELETE', 'faults');
      if (phase.fault) await stage.control('POST', 'faults', { ...phase.fault, model: primary });
      begun.push({ ...phase, startedAt: Date.now() });
      tell(`the primary: ${phase.name}`);
      await sleep(phase.seconds * 1_000);
    }
  } finally {
    isOver = true;
  }
  const [calls, sightings] = await Promise.all([loading, watching]);
  const { calls: served } = await stage.control('GET', 'calls?endpoint=chat');
  const ledger = await until(
    'the ledger to have every answer',
    () => stage.ledger(),
    ({ length }) => length >= owedIn({ calls, served }).size,
    settledWithinMs,
  ).catch(() => stage.ledger());
  const events = await breakerEvents(keptIn, gateways);
  return { calls, sightings, events, served, ledger, phases: begun };
}
