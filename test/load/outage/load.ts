import { setTimeout as sleep } from 'node:timers/promises';
import { makeCall } from './call.js';
import { mostInFlight, pace } from './plan.js';
import type { Call } from './record.js';

/** How often the pace is looked after. */
const beatMs = 20;

/**
 * Calls that begin at a steady rate, whatever becomes of those before them, until told to stop: clients do not wait for each
 * other, and a load that slowed down with its upstream would hide what it is to show.
 *
 * @returns all of them, when the last has ended
 */
export async function load(urls: readonly string[], key: string, isOver: () => boolean): Promise<Call[]> {
  const calls: Promise<Call>[] = [];
  const startedAt = performance.now();
  let ended = 0;
  while (!isOver()) {
    const due = ((performance.now() - startedAt) / 1_000) * pace;
    while (calls.length < due && calls.length - ended < mostInFlight) {
      const n = calls.length;
      // JSON and streams in turn, on each gateway.
      const url = urls[n % urls.length] ?? '';
      const call = makeCall(url, key, Math.floor(n / urls.length) % 2 === 1);
      void call.finally(() => (ended += 1));
      calls.push(call);
    }
    await sleep(beatMs);
  }
  return Promise.all(calls);
}
